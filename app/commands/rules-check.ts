import { loadCity } from '#app/city.ts';
import { configOf, exit, tell, text, type Call } from '#app/commands/call.ts';

/** `rules check`: reads everything that a start reads, and opens nothing; rules without golden tests are refused too. */
export async function checkCommand(call: Call): Promise<number> {
  const config = configOf(call);
  if (Array.isArray(config)) return tell(config);
  const city = await loadCity({ ...config, rules: text(call.values['rules']) ?? config.rules });
  if (Array.isArray(city)) return tell(city);
  if (city.gaps.length > 0) return tell(city.gaps);
  const { rules, overrides, kinds, profiles, categories } = city;
  process.stdout.write(
    `${rules.length} rules, ${overrides.length} overrides, ${kinds.size} kinds, ${profiles.size} profiles, ${categories.size} categories: all well\n`,
  );
  return exit.ok;
}
