import {
  isRejection,
  reject,
  type Asset,
  type CommandBody,
  type CommandKind,
  type CommandResults,
  type Device,
  type Rejection,
} from '#model';
import { putBridge, revoke, rotate } from './credentials.ts';
import type { Change, Entry } from './directory.ts';
import { importRows } from './import.ts';
import { entriesOf, putRows, regrant, type Put, type RegistryDeps } from './put.ts';
import { readKnown } from './read.ts';
import { release } from './release.ts';
import { deleteAsset, deleteDevice, endBinding, servedBy, type Trx } from './rows.ts';

type Changed<K extends CommandKind> = Promise<Change<CommandResults[K]> | Rejection>;

/** Everything that changes the registry; each runs in the caller's transaction, at a time in epoch ms. */
export interface Registry {
  /** What bears an id already. */
  find(trx: Trx, id: string): Promise<'device' | 'asset' | undefined>;
  putDevice(trx: Trx, body: CommandBody<'device.put'>, at: number): Changed<'device.put'>;
  bindDevice(trx: Trx, body: CommandBody<'device.bind'>, at: number): Changed<'device.bind'>;
  unbindDevice(trx: Trx, body: CommandBody<'device.unbind'>, at: number): Changed<'device.unbind'>;
  deleteDevice(trx: Trx, id: string): Changed<'device.delete'>;
  putAsset(trx: Trx, body: CommandBody<'asset.put'>, at: number): Changed<'asset.put'>;
  deleteAsset(trx: Trx, id: string): Changed<'asset.delete'>;
  importRows(
    trx: Trx,
    body: CommandBody<'registry.import'>,
    at: number,
  ): Changed<'registry.import'>;
  rotate(trx: Trx, body: CommandBody<'device.rotate'>, at: number): Changed<'device.rotate'>;
  revoke(trx: Trx, id: string): Changed<'device.revoke'>;
  putBridge(trx: Trx, body: CommandBody<'bridge.put'>): Changed<'bridge.put'>;
}

/** Makes the writing side of the registry. */
export function createRegistry(deps: RegistryDeps): Registry {
  const { secret } = deps;

  const putOne = async (
    trx: Trx,
    asset: Asset,
    device: Device | undefined,
    at: number,
  ): Promise<Change<Put> | Rejection> => {
    const released = device === undefined ? [] : await release(trx, deps.site, device);
    const row = device === undefined ? { asset } : { asset, device };
    const judged = await putRows(trx, deps, [row], { at, moves: true });
    const [put] = judged;
    if (isRejection(put)) return put;
    return { result: put!, entries: [...released, ...entriesOf(judged)] };
  };

  const registry: Registry = {
    async find(trx, id) {
      const { devices, assets } = await readKnown(trx, [id]);
      return devices.has(id) ? 'device' : assets.has(id) ? 'asset' : undefined;
    },

    async putDevice(trx, { profile, identities, ...asset }, at) {
      const change = await putOne(trx, asset, toDevice(asset.id, profile, identities), at);
      return isRejection(change) ? change : answer(change);
    },

    async bindDevice(trx, { id, asset: name, replaces, ...told }, at) {
      const { assets, devices } = await readKnown(trx, [name, id]);
      const { profile, identities = [] } = { ...devices.get(id), ...told };
      const asset = assets.get(name);
      if (asset === undefined) return noAsset(name, 'asset');
      const entries: Entry[] = [];
      if (replaces !== undefined && replaces !== id) {
        for (const step of [
          await registry.unbindDevice(trx, { id: replaces, asset: name }, at),
          await revoke(trx, replaces),
        ]) {
          if (isRejection(step)) return { ...step, field: 'replaces' };
          entries.push(...step.entries);
        }
      }
      const change = await putOne(trx, asset, toDevice(id, profile, identities), at);
      if (isRejection(change)) return change;
      return answer({ ...change, entries: [...entries, ...change.entries] });
    },

    async unbindDevice(trx, { id, asset }, at) {
      const binding = (await readKnown(trx, [id])).bound.get(id);
      if (binding?.asset !== asset) {
        const reason = `${id} serves ${binding?.asset ?? 'nothing'}, not ${asset}`;
        return reject('registry.not_bound', reason, 'id');
      }
      const ended = await endBinding(trx, binding, at);
      return { result: { device: id, asset }, entries: [{ binding: ended }] };
    },

    async deleteDevice(trx, id) {
      const { devices } = await readKnown(trx, [id]);
      if (!devices.has(id)) return reject('registry.device_unknown', `no device ${id}`, 'id');
      await deleteDevice(trx, id);
      return { result: { device: id }, entries: [{ gone: { device: id } }] };
    },

    async putAsset(trx, asset, at) {
      const change = await putOne(trx, asset, undefined, at);
      if (isRejection(change)) return change;
      const { result, entries } = change;
      const regranted = await regrant(trx, deps, [result.asset], at);
      return { result: { asset: result.asset }, entries: [...entries, ...regranted] };
    },

    async deleteAsset(trx, id) {
      const { assets } = await readKnown(trx, [id]);
      if (!assets.has(id)) return noAsset(id, 'id');
      const [binding] = await servedBy(trx, [id]);
      if (binding !== undefined) {
        return reject(
          'registry.asset_served',
          `${binding.device} serves it: take it off first`,
          'id',
        );
      }
      await deleteAsset(trx, id);
      return { result: { asset: id }, entries: [{ gone: { asset: id } }] };
    },

    importRows: (trx, body, at) => importRows(trx, deps, body, at),
    rotate: (trx, body, at) => rotate(trx, secret, body, at),
    revoke,
    putBridge: (trx, body) => putBridge(trx, secret, body),
  };
  return registry;
}

function toDevice(
  id: string,
  profile: string | undefined,
  identities: Device['identities'],
): Device {
  return profile === undefined ? { id, identities } : { id, profile, identities };
}

function answer({ result, entries }: Change<Put>): Change<CommandResults['device.put']> {
  const { asset, device, token } = result;
  return { result: { device: device!, asset, ...(token !== undefined && { token }) }, entries };
}

function noAsset(id: string, field: string): Rejection {
  return reject('registry.asset_unknown', `no asset ${id}`, field);
}
