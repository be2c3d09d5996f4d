import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { exactly, none, type Figures } from './figures.ts';
import { suffer } from './load.ts';
import { makePlace, type Place } from './place.ts';
import { noStrace, spoilFlushes } from './strace.ts';

const mebibyte = 1024 * 1024;

/** Waits until nobody has had an acknowledgement for a second; false after 60 s. */
async function stalls(place: Place): Promise<boolean> {
  const until = performance.now() + 60_000;
  for (let last = -1; performance.now() < until; await sleep(1_000)) {
    if (place.fleet.acknowledged() === last) return true;
    last = place.fleet.acknowledged();
  }
  return false;
}

/** While nothing can be written nothing is acknowledged, and nobody is hung up on. */
async function holdsBack(figures: Figures, place: Place, name: string, size: number) {
  const before = place.fleet.acknowledged();
  await sleep(3_000);
  const more = place.fleet.acknowledged() - before;
  figures.add(`${name}: acknowledged while it lasts`, 'messages', more, none);
  figures.add(`${name}: connections kept`, 'connections', place.fleet.connected(), exactly(size));
  figures.add(`${name}: /readyz`, 'status', (await place.ready()).status, exactly(503));
}

/** A disk that is full, on a small tmpfs; absent where none may be mounted. */
export async function fullDisk(figures: Figures, size = 48): Promise<void> {
  const name = 'disk full';
  const disk = mkdtempSync(join(tmpdir(), 'siaga-disk-'));
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${size}m`, 'tmpfs', disk]);
  if (mounted.status !== 0) {
    rmSync(disk, { recursive: true });
    figures.absent(name, `no tmpfs may be mounted here: ${String(mounted.stderr).trim()}`);
    return;
  }
  const ballast = join(disk, 'ballast');
  try {
    const place = await makePlace({ data: join(disk, 'data') });
    try {
      await place.register(10);
      const { bavail, bsize } = statfsSync(disk);
      writeFileSync(ballast, Buffer.alloc(bavail * bsize - 6 * mebibyte));
      await suffer(figures, place, {
        name,
        begin: () => stalls(place), // what is left is published full
        seen: { part: /packets log/, reason: /ENOSPC|no space/i },
        during: () => holdsBack(figures, place, name, 10),
        end: async () => rmSync(ballast),
      });
    } finally {
      await place.end();
    }
  } finally {
    spawnSync('umount', ['-l', disk]);
    rmSync(disk, { recursive: true });
  }
}

/** Files that may not grow: the same path through the code (EFBIG) where a disk can't be made small. */
export async function fileLimit(figures: Figures): Promise<void> {
  const name = 'file size limit';
  if (spawnSync('prlimit', ['--version']).status !== 0) {
    return figures.absent(name, 'no prlimit (apt install util-linux)');
  }
  await here(figures, name, {
    begin: async (place) => {
      limitFiles(place, String(3 * mebibyte));
      await stalls(place);
    },
    seen: { part: /packets log/, reason: /EFBIG|too large/i },
    during: (place) => holdsBack(figures, place, name, 10),
    end: async (place) => limitFiles(place, 'unlimited'),
  });
}

function limitFiles(place: Place, bytes: string): void {
  const pid = String(place.server.process.pid);
  const { status, stderr } = spawnSync('prlimit', [`--pid=${pid}`, `--fsize=${bytes}:unlimited`]);
  if (status !== 0) throw new Error(String(stderr));
}

/** A disk that takes two seconds a flush, and one whose every third flush fails. */
export async function slowDisk(figures: Figures): Promise<void> {
  const name = 'disk delays 2 s';
  if (noStrace !== undefined) return figures.absent(name, noStrace);
  let restore: (() => Promise<void>) | undefined;
  await here(figures, name, {
    begin: async (place) => {
      restore = await spoilFlushes(place.server.process.pid!, 'delay_enter=2000000');
      await sleep(2_000);
      place.fleet.waits(); // what was flushed before it began
    },
    seen: { part: /log|pipeline/ },
    during: async (place) => {
      await sleep(8_000);
      const waits = place.fleet.waits();
      figures.add(`${name}: publish to PUBACK`, 'ms', waits, { is: '>=', value: 1_900 });
      figures.add(`${name}: connections kept`, 'connections', place.fleet.connected(), exactly(10));
    },
    end: () => restore!(),
  });
}

/** See {@link slowDisk}. */
export async function failingDisk(figures: Figures): Promise<void> {
  const name = 'flushes fail (EIO)';
  if (noStrace !== undefined) return figures.absent(name, noStrace);
  let restore: (() => Promise<void>) | undefined;
  await here(figures, name, {
    begin: async (place) => {
      restore = await spoilFlushes(place.server.process.pid!, 'error=EIO');
    },
    seen: { part: /packets log/, reason: /EIO/ },
    during: (place) => holdsBack(figures, place, name, 10),
    end: () => restore!(),
  });
  await here(figures, 'every third flush fails (EIO)', {
    begin: async (place) => {
      restore = await spoilFlushes(place.server.process.pid!, 'error=EIO:when=3+3');
      await sleep(3_000);
    },
    seen: { part: /log/, reason: /EIO/ },
    end: () => restore!(),
  });
}

async function here(
  figures: Figures,
  name: string,
  fault: Omit<Parameters<typeof suffer>[2], 'name'>,
): Promise<void> {
  const place = await makePlace();
  try {
    await place.register(10);
    await suffer(figures, place, { name, ...fault });
  } finally {
    await place.end();
  }
}
