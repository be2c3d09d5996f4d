export {
  countDeadLetters,
  deadLetter,
  deadLetterCounts,
  listDeadLetters,
  type KeptLetter,
  type LetterFilter,
} from './dead-letters.ts';
export { dropLetters, type Dropped } from './letter-age.ts';
export { listLetterHeads, type LetterHead } from './letter-heads.ts';
export { dismiss, listQuarantine } from './quarantine.ts';
export { replayEntry, replayProblem } from './replay.ts';
