import { ask, named, show } from '#app/commands/ask.ts';
import { usage, type Call } from '#app/commands/call.ts';
import { readPlace } from '#app/commands/place.ts';

/** `assets add`: makes a thing that needs no hardware of its own, or writes it anew. */
export async function addAsset(call: Call): Promise<number> {
  const id = named(call);
  if (id === undefined) return usage('assets add needs one ID');
  const body = readPlace(call);
  if (typeof body === 'string') return usage(`assets add: ${body}`);
  return ask(call, 'PUT', pathOf(id), body);
}

/** `assets show`: what is known of a thing. */
export async function showAsset(call: Call): Promise<number> {
  const id = named(call);
  return id === undefined ? usage('assets show needs one ID') : show(call, pathOf(id));
}

/** `assets remove`: forgets a thing that no device serves. */
export async function removeAsset(call: Call): Promise<number> {
  const id = named(call);
  return id === undefined ? usage('assets remove needs one ID') : ask(call, 'DELETE', pathOf(id));
}

function pathOf(id: string): string {
  return `/api/v1/assets/${encodeURIComponent(id)}`;
}
