import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { defaultDataDir } from '../../../data/registry.js';
import { writeWhole } from '../../../export/write-whole.js';
import { describeMachine } from '../../machine.js';
import { generators } from '../../serve/generators/index.js';
import { generatorNames } from '../../serve/options.js';
import { benchPictures } from '../../serve/pictures.js';
import { expectedLabels } from '../../serve/verify.js';
import { installedVersions } from '../installed-versions.js';
import { compare } from './compare.js';
import { contenders } from './contenders.js';
import { formatComparison } from './report.js';

/** `node dist/bench/peers/serve/run.js --python <interpreter>`: kiln beside its peers; README.md says what is compared. */
const { values } = parseArgs({
  options: {
    python: { type: 'string' },
    model: {
      type: 'string',
      default: fileURLToPath(new URL('../../../../models/cifar10-deepcnn.onnx', import.meta.url)),
    },
    'data-dir': { type: 'string', default: defaultDataDir() },
    generator: { type: 'string', default: 'autocannon' },
    rounds: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '4' },
    only: { type: 'string', default: '' },
    out: { type: 'string' },
  },
});
const { python, model } = values;
const generator = generatorNames.find((name) => name === values.generator);
if (python === undefined || generator === undefined) {
  throw new Error(
    `--python names the interpreter of the peers, --generator is ${generatorNames.join(' or ')}`,
  );
}

const machine = describeMachine();
const pictures = await benchPictures(values['data-dir']);
const [rounds, seconds] = [Number(values.rounds), Number(values.seconds)];
const contests = await compare(
  await contenders({ python, model, pictures, only: values.only.split(',').filter((name) => name !== '') }),
  {
    load: generators[generator],
    rounds,
    seconds,
    expected: await expectedLabels(await readFile(model), pictures),
  },
  (line) => console.error(line),
);
const comparison = {
  machine,
  versions: installedVersions(python, 'serve'),
  method: `medians of ${rounds} rounds of ${seconds} s a load by ${generator}, which shares the cores; every service alone, in a fresh process each round; ${pictures.count} pictures of ${pictures.dataset}; every label the model’s own`,
  contests,
};
if (values.out !== undefined) {
  await writeWhole(values.out, Buffer.from(`${JSON.stringify(comparison, undefined, 2)}\n`));
}
console.log(formatComparison(comparison));
