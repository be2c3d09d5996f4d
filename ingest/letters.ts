export {
  countDeadLetters,
  deadLetter,
  deadLetterCounts,
  listDeadLetters,
  type KeptLetter,
  type LetterFilter,
} from './dead-letters.ts';
export { dismiss, listQuarantine } from './quarantine.ts';
export { replayEntry, replayProblem } from './replay.ts';
