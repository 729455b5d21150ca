/** A training run in a process of its own, to be killed: `train-process.js RUNS begin|resume`. It prints events. */
import { trainSmall } from './small-run.js';

const [runs, how] = process.argv.slice(2);
if (runs === undefined) throw new Error('train-process.js RUNS begin|resume');
await trainSmall({
  runs,
  ...(how === 'resume' ? { resume: 'killed' } : { run: 'killed' }),
  checkpointSteps: 1,
  readers: 1,
  onEvent(event) {
    if (event.kind !== 'message' && event.kind !== 'logged')
      process.stdout.write(`${event.kind} ${event.step}\n`);
  },
});
