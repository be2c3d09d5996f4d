import type { Disk, DiskFile } from '#ingest';
import type { Random } from '../../simulators/random.ts';
import { InjectedFault } from './injected.ts';
import { SimFile } from './sim-file.ts';
import { never, type Life, type World } from './world.ts';

/** What the disk suffers from for a while. */
export type DiskTrouble = 'none' | 'full' | 'io' | 'flush' | 'slow';

type Names = Map<string, SimFile>;

interface Folder {
  /** As programs see it, and as a power cut leaves it. */
  names: Names;
  durable: Names;
}

interface Flight {
  readonly life: Life;
  readonly finish: () => void;
  readonly tear: (() => void) | undefined;
}

interface Operation<T> {
  readonly name: string;
  /** Usual time, ms. */
  readonly takes: number;
  readonly work: () => T;
  /** What a crash in the middle leaves; nothing at all without it. */
  readonly tear?: () => void;
  /** What a failure leaves. */
  readonly fail?: () => void;
}

/** A disk in memory with a page cache, which a power cut loses, and troubles of its own. */
export class SimDisk {
  trouble: DiskTrouble = 'none';
  readonly #world: World;
  readonly #random: Random;
  readonly #folders = new Map<string, Folder>();
  readonly #flights = new Set<Flight>();

  constructor(world: World) {
    this.#world = world;
    this.#random = world.random.split('disk');
  }

  /** The disk as a life sees it; without a life it answers at once and never fails. */
  port(life?: Life): Disk {
    return {
      list: (folder) =>
        this.#do(life, {
          name: 'list',
          takes: 0,
          work: () => [...this.#folder(folder).names.keys()],
        }),
      create: (folder, name, size) =>
        this.#do(life, {
          name: 'create',
          takes: 8,
          work: () => {
            const file = new SimFile();
            file.write(0, Buffer.alloc(size));
            file.flush(file.mark);
            this.#folder(folder).names.set(name, file);
            return this.#file(life, file);
          },
        }),
      open: (folder, name) =>
        this.#do(life, {
          name: 'open',
          takes: 0,
          work: () => {
            const file = this.#folder(folder).names.get(name);
            if (file === undefined)
              throw Object.assign(new Error(`no ${name}`), { code: 'ENOENT' });
            return this.#file(life, file);
          },
        }),
      rename: (folder, from, to) =>
        this.#change(life, folder, 'rename', (names) => {
          names.set(to, names.get(from)!);
          names.delete(from);
        }),
      remove: (folder, name) =>
        this.#change(life, folder, 'remove', (names) => void names.delete(name)),
    };
  }

  /** The file of that name, for those who damage or inspect it. */
  fileOf(folder: string, name: string): SimFile {
    return this.#folder(folder).names.get(name)!;
  }

  /** A thread ended: what it had asked of the disk is still done. */
  threadEnded(life: Life): void {
    for (const flight of this.#ended(life)) flight.finish();
  }

  /** A process was killed: what was on its way stops anywhere. */
  processKilled(life: Life): void {
    for (const { tear } of this.#ended(life)) if (this.#random.chance(0.7)) tear?.();
  }

  /** The power went. */
  powerCut(): void {
    for (const { tear } of this.#flights) tear?.();
    this.#flights.clear();
    for (const folder of this.#folders.values()) {
      // A file system's journal keeps the order of changes to a folder: all of the last ones or none.
      folder.names = new Map(this.#random.chance(0.5) ? folder.names : folder.durable);
      folder.durable = new Map(folder.names);
      for (const file of folder.names.values()) file.powerCut(this.#random);
    }
  }

  #ended(life: Life): Flight[] {
    const ended = [...this.#flights].filter((flight) => flight.life === life);
    for (const flight of ended) this.#flights.delete(flight);
    return ended;
  }

  #folder(name: string): Folder {
    let folder = this.#folders.get(name);
    if (folder === undefined) {
      folder = { names: new Map(), durable: new Map() };
      this.#folders.set(name, folder);
    }
    return folder;
  }

  #change(
    life: Life | undefined,
    name: string,
    kind: string,
    change: (names: Names) => void,
  ): Promise<void> {
    const folder = this.#folder(name);
    return this.#do(life, {
      name: kind,
      takes: 3,
      work: () => {
        change(folder.names);
        folder.durable = new Map(folder.names);
      },
      tear: () => change(folder.names),
    });
  }

  #file(life: Life | undefined, file: SimFile): DiskFile {
    const run = <T>(operation: Operation<T>): Promise<T> => this.#do(life, operation);
    return {
      read: (buffer, position) =>
        run({
          name: 'read',
          takes: 0.1,
          work: () => {
            const part = file.content.subarray(position, position + buffer.length);
            buffer.set(part);
            return part.length;
          },
        }),
      write: (given, position) => {
        const bytes = Buffer.from(given);
        const tear = (): void => file.tear(position, bytes, this.#random);
        const work = (): void => file.write(position, bytes);
        return run({ name: 'write', takes: 0.3, work, tear, fail: tear });
      },
      flush: () => {
        const { mark } = file;
        const work = (): void => file.flush(mark);
        const fail = (): void => file.failFlush(mark, this.#random);
        return run({ name: 'flush', takes: 3, work, fail });
      },
      truncate: (length) => {
        const work = (): void => file.truncate(length);
        return run({ name: 'truncate', takes: 0.3, work, tear: work });
      },
      size: () => run({ name: 'size', takes: 0, work: () => file.content.length }),
      close: () => run({ name: 'close', takes: 0, work: () => undefined }),
    };
  }

  #do<T>(life: Life | undefined, { name, takes, work, tear, fail }: Operation<T>): Promise<T> {
    if (life === undefined) return Promise.resolve().then(work);
    if (life.dead) return never();
    const code = this.#fault(name);
    return new Promise((resolve, reject) => {
      const finish = (): void => {
        try {
          if (code === undefined) return resolve(work());
          fail?.();
          reject(new InjectedFault(code));
        } catch (error) {
          reject(error);
        }
      };
      if (takes === 0) return finish();
      const flight: Flight = { life, finish, tear };
      this.#flights.add(flight);
      const time = this.#time(takes);
      this.#world.step(time);
      this.#world.at(time, life, () => {
        this.#flights.delete(flight);
        if (name !== 'read')
          this.#world.note(`${life.name} ${name}${code === undefined ? '' : ` ${code}`}`);
        finish();
      });
    });
  }

  #fault(name: string): string | undefined {
    const chance = (probability: number): boolean => this.#random.chance(probability);
    switch (this.trouble) {
      case 'full':
        return ['create', 'write'].includes(name) && chance(0.9) ? 'ENOSPC' : undefined;
      case 'io':
        return chance(name === 'write' ? 0.5 : 0.05) ? 'EIO' : undefined;
      case 'flush':
        return name === 'flush' && chance(0.7) ? 'EIO' : undefined;
      case 'none':
      case 'slow':
        return undefined;
    }
  }

  #time(usual: number): number {
    const slow = this.trouble === 'slow' ? this.#random.uniform(50, 700) : 1;
    return usual * slow * this.#random.uniform(0.3, 3);
  }
}
