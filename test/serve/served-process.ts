import { closeOnSignals } from '../../serve/leave.js';
import { startServer } from '../../serve/server.js';
import { tinyModel } from '../fixtures/model.js';

/** A process that serves until a signal comes; started by signals.test.ts, to which it tells its address. */
const server = await startServer({
  models: tinyModel(),
  port: 0,
  device: 'cpu',
  workers: 1,
  logLevel: 'silent',
});
closeOnSignals(() => server.close(), console.error);
console.log(server.address);
