/** `npm start` as it is, tied to the life of the bench. */
process.once('disconnect', () => process.exit(0));
await import('../../src/main.ts');
