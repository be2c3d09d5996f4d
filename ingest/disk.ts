import { fdatasync, write } from 'node:fs';
import { mkdir, open, readdir, rename, rm, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';

/** A file of a log. Every call may fail with the operating system's error. */
export interface DiskFile {
  /** Fills `buffer` from `position` as far as the file goes; resolves with the bytes read. */
  read(buffer: Uint8Array, position: number): Promise<number>;
  write(buffer: Uint8Array, position: number): Promise<void>;
  /** Resolves when everything written so far would survive a power cut. */
  flush(): Promise<void>;
  truncate(length: number): Promise<void>;
  size(): Promise<number>;
  close(): Promise<void>;
}

/** The disk under a log, injected so that the same log also runs on a simulated one. */
export interface Disk {
  /** Names of the files in the folder, which is made when it is missing. */
  list(folder: string): Promise<string[]>;
  /** Makes a file of `size` zero bytes, flushed: later writes into it need no new blocks. */
  create(folder: string, name: string, size: number): Promise<DiskFile>;
  open(folder: string, name: string, mode: 'r' | 'r+'): Promise<DiskFile>;
  /** Renames and flushes the folder, so that the new name survives a power cut. */
  rename(folder: string, from: string, to: string): Promise<void>;
  remove(folder: string, name: string): Promise<void>;
}

const zeros = Buffer.alloc(1 << 20);

/** The operating system's disk. */
export const realDisk: Disk = {
  async list(folder) {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    return readdir(folder);
  },
  async create(folder, name, size) {
    const file = realFile(await open(join(folder, name), 'w+', 0o600));
    try {
      for (let at = 0; at < size; at += zeros.length) {
        await file.write(zeros.subarray(0, Math.min(zeros.length, size - at)), at);
      }
      await file.flush();
    } catch (error) {
      await file.close();
      throw error;
    }
    return file;
  },
  async open(folder, name, mode) {
    return realFile(await open(join(folder, name), mode));
  },
  async rename(folder, from, to) {
    await rename(join(folder, from), join(folder, to));
    await flushFolder(folder);
  },
  async remove(folder, name) {
    await rm(join(folder, name), { force: true });
    await flushFolder(folder);
  },
};

function realFile(handle: FileHandle): DiskFile {
  return {
    async read(buffer, position) {
      let done = 0;
      while (done < buffer.length) {
        const { bytesRead } = await handle.read(
          buffer,
          done,
          buffer.length - done,
          position + done,
        );
        if (bytesRead === 0) break;
        done += bytesRead;
      }
      return done;
    },
    async write(buffer, position) {
      let done = 0;
      while (done < buffer.length) {
        done += await writeSome(handle.fd, buffer.subarray(done), position + done);
      }
    },
    flush: () => flush(handle.fd),
    truncate: (length) => handle.truncate(length),
    size: async () => (await handle.stat()).size,
    close: () => handle.close(),
  };
}

// By callback, since a commit does both: by promise of the handle they cost it a fifth more.
function writeSome(fd: number, buffer: Uint8Array, position: number): Promise<number> {
  return new Promise((resolve, reject) => {
    write(fd, buffer, 0, buffer.length, position, (error, written) => {
      if (error) reject(error);
      else resolve(written);
    });
  });
}

function flush(fd: number): Promise<void> {
  return new Promise((resolve, reject) => {
    fdatasync(fd, (error) => {
      if (error) reject(error);
      else resolve();
    });
  });
}

async function flushFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
