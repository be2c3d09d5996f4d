import { ask } from '#app/commands/ask.ts';
import { text, usage, type Call } from '#app/commands/call.ts';

/** `trace DEVICE`: shows a device's trace; `--for` begins one, `--stop` ends and forgets it. */
export async function traceCommand(call: Call): Promise<number> {
  const device = call.positionals[1];
  if (device === undefined) return usage('trace needs DEVICE');
  const path = `/api/v1/trace/${encodeURIComponent(device)}`;
  if (call.values['stop'] === true) return ask(call, 'DELETE', path);
  const time = text(call.values['for']);
  return time === undefined
    ? ask(call, 'GET', path)
    : ask(call, 'POST', '/api/v1/trace', { device, for: time });
}
