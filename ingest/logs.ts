/* What of the logs others use. */
export { realDisk, type Disk, type DiskFile } from './disk.ts';
export { FolderReader } from './log-reader.ts';
export { Log, type Commit } from './log.ts';
export { listSegments, walkSegment, type SegmentFile } from './walk.ts';
