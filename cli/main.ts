import { describeFailure } from './failure.js';
import { buildProgram } from './program.js';

// `kiln inspect FILE | head` closes the pipe early, which is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit(0);
});

try {
  await buildProgram().parseAsync();
} catch (error) {
  console.error(describeFailure(error));
  process.exitCode = 1;
}
