import { loadCity } from '#app/city.ts';
import { configOf, exit, tell, type Call } from '#app/commands/call.ts';

/** `rules check`: reads everything that a start reads, and opens nothing. */
export async function checkCommand(call: Call): Promise<number> {
  const config = configOf(call);
  if (Array.isArray(config)) return tell(config);
  const city = await loadCity(config);
  if (Array.isArray(city)) return tell(city);
  const { rules, kinds, profiles, categories } = city;
  process.stdout.write(
    `${rules.length} rules, ${kinds.size} kinds, ${profiles.size} profiles, ${categories.size} categories: all well\n`,
  );
  return exit.ok;
}
