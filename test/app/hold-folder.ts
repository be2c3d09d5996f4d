import { takeFolder } from '#app/folder.ts';

// A process that takes the folder it is given, says what came of it, and stays.
const taken = takeFolder(process.argv[2]!, { mode: 'production', clock: 'wall' }, undefined);
process.send!('rejected' in taken ? taken.code : 'taken');
process.on('message', () => undefined);
