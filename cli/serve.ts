import { fileURLToPath } from 'node:url';
import { type Command, Option } from 'commander';
import { parseDevice } from '../runtime/device.js';
import { logLevels, type ServeOptions } from '../serve/options.js';
import { describeFailure } from './failure.js';
import { integer, shipped } from './options.js';

type Options = Pick<
  ServeOptions,
  'port' | 'host' | 'device' | 'workers' | 'maxBatch' | 'dataDir' | 'logLevel'
> & {
  readonly maxDelay?: number;
};

/** `kiln serve [FILE | FOLDER]` */
export function registerServe(program: Command): void {
  program
    .command('serve')
    .description('classify pictures over HTTP, with a page at / and the API described at /docs')
    .argument('[models]', 'an exported ONNX file, or a folder of them', fileURLToPath(shipped.model))
    .option('--port <n>', 'port to listen on; 0 takes a free one', integer(0, 65_535), 8080)
    .option('--host <name>', 'address to listen on; 0.0.0.0 for all', '127.0.0.1')
    .option('--device <name>', 'auto, cuda, cuda:N, webgpu or cpu', parseDevice, 'auto')
    .option('--workers <n>', 'inference threads (default: one a core)', integer(1, 1024))
    .option('--max-batch <rows>', 'pictures in one run at most', integer(1, 1024))
    .option('--max-delay <ms>', 'how long a picture waits for company', integer(0, 60_000))
    .option('--data-dir <dir>', 'where datasets for POST /evaluations lie')
    .addOption(new Option('--log-level <level>', 'what is logged as JSON').choices(logLevels).default('warn'))
    .action(async (models: string, { maxDelay, ...options }: Options) => {
      const [{ startServer }, { closeOnSignals }] = await Promise.all([
        import('../serve/server.js'),
        import('../serve/leave.js'),
      ]);
      const server = await startServer({
        ...options,
        models,
        pageFolder: fileURLToPath(shipped.page),
        ...(maxDelay !== undefined && { maxDelayMs: maxDelay }),
      });
      closeOnSignals(
        () => server.close(),
        (error) => console.error(describeFailure(error)),
      );
      const { pool, models: served, address } = server;
      const names = served.live.map(({ name, version }) => (version === '1' ? name : `${name} ${version}`));
      const workers = `${pool.workers} ${pool.workers === 1 ? 'worker' : 'workers'}`;
      console.log(
        `kiln serves ${names.join(', ')} on ${address} (${pool.provider}, ${workers}; Ctrl-C ends it)`,
      );
      for (const { provider, reason } of pool.failed) console.log(`  without ${provider}: ${reason}`);
      for (const { name, version, problem } of served.list()) {
        if (problem !== undefined)
          console.log(`  without ${name} ${version}: ${problem.message} ${problem.received}`);
      }
    });
}
