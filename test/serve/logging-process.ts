import { closeOnSignals } from '../../serve/leave.js';
import { startServer } from '../../serve/server.js';
import { tinyModel } from '../fixtures/model.js';

/** A process that serves, logs as it does by default, and sends itself SIGTERM; started by readiness.test.ts. */
const server = await startServer({
  models: tinyModel({ name: 'tiny' }),
  port: 0,
  device: 'cpu',
  workers: 1,
  logLevel: 'info',
});
closeOnSignals(() => server.close(), console.error);
process.kill(process.pid, 'SIGTERM');
