import { type Command, Option } from 'commander';
import { pageFolder } from '../serve/page-folder.js';
import type { RunningServer } from '../serve/server.js';
import { readConfigFile } from '../serve/settings/config-file.js';
import { configVariable } from '../serve/settings/environment.js';
import { printSettings } from '../serve/settings/print.js';
import { type Resolved, resolveSettings } from '../serve/settings/resolve.js';
import type { Settings } from '../serve/settings/settings.js';
import { describeFailure } from './failure.js';
import { addSettings, givenFlags } from './setting-options.js';

interface Options {
  readonly config?: string;
  readonly printConfig?: true;
  readonly supervised?: true;
}

/** `kiln serve [FILE | FOLDER]` */
export function registerServe(program: Command): void {
  const command = program
    .command('serve')
    .description('classify pictures over HTTP, with a page at / and the API described at /docs')
    .option(
      '--config <file>',
      `settings in JSON, TypeScript or JavaScript (default: ${configVariable}, else none)`,
    )
    .option('--print-config', 'print the settings that would hold as such a file, and start nothing')
    .addOption(new Option('--supervised', 'ends when its parent does').hideHelp());
  addSettings(command)
    .addHelpText('after', environmentHelp)
    .action(async (_models: string | undefined, { config, printConfig, supervised }: Options) => {
      const resolved = await resolveAll(command, config);
      if (printConfig) console.log(printSettings(resolved));
      else if (resolved.settings.supervise && !supervised) await supervise();
      else await serve(resolved.settings, supervised === true);
    });
}

const environmentHelp = `
Every option may stand in the environment as well (--max-batch as KILN_MAX_BATCH, --no-page as KILN_PAGE=false) or
in the file that --config names; a flag counts before the environment, and that before the file.`;

async function resolveAll(command: Command, config = process.env[configVariable]): Promise<Resolved> {
  const file = config ? await readConfigFile(config) : undefined;
  return resolveSettings({ flags: givenFlags(command), environment: process.env, file });
}

async function supervise(): Promise<void> {
  const { supervise: superviseProgram } = await import('../serve/supervise.js');
  const [program, ...args] = process.argv.slice(1) as [string, ...string[]];
  const report = (line: string): void => console.error(`kiln: ${line}`);
  process.exitCode = await superviseProgram(program, [...args, '--supervised'], report);
}

async function serve({ page, supervise: _, ...settings }: Settings, isSupervised: boolean): Promise<void> {
  const [{ startServer }, { closeOnSignals }, { underSupervision }] = await Promise.all([
    import('../serve/server.js'),
    import('../serve/leave.js'),
    import('../serve/supervised.js'),
  ]);
  const supervised = isSupervised ? underSupervision() : undefined;
  const server = await startServer({ ...settings, ...(page && { pageFolder }) });
  const close = closeOnSignals(
    () => server.close(),
    (error) => console.error(describeFailure(error)),
    settings.drainMs,
  );
  supervised?.serving(close);
  announce(server);
}

function announce({ pool, models, address }: RunningServer): void {
  const names = models.live.map(({ name, version }) => (version === '1' ? name : `${name} ${version}`));
  const workers = `${pool.workers} ${pool.workers === 1 ? 'worker' : 'workers'}`;
  console.log(`kiln serves ${names.join(', ')} on ${address} (${pool.provider}, ${workers}; Ctrl-C ends it)`);
  for (const { provider, reason } of pool.failed) console.log(`  without ${provider}: ${reason}`);
  for (const { name, version, problem } of models.list()) {
    if (problem !== undefined)
      console.log(`  without ${name} ${version}: ${problem.message} ${problem.received}`);
  }
}
