import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { agreementJpegs, agreementPngs } from '../clients/agreement-pictures.js';
import { browserTest } from '../clients/chromium.js';
import { askBoth, assertAgreement, tolerance } from '../clients/library-agreement.js';

const shipped = fileURLToPath(new URL('../../../models/cifar10-deepcnn.onnx', import.meta.url));

for (const device of ['wasm', 'webgpu'] as const) {
  browserTest(`the service and ${device} agree on the shipped model`, async (t) => {
    const model = await readFile(shipped);
    const cases = [
      { pictures: await agreementPngs(200), allowed: tolerance.lossless },
      { pictures: await agreementJpegs(100), allowed: tolerance.lossy },
    ];
    for (const { pictures, allowed } of cases) {
      const answers = await askBoth(model, pictures, device);
      assert.equal(answers.provider, device);
      const most = assertAgreement(pictures, answers, allowed);
      t.diagnostic(`${pictures.length} of ${pictures[0]!.mimeType}: at most ${most}`);
    }
  });
}

browserTest('WebGPU on the processor is not taken unless it is asked for', async () => {
  const model = await readFile(shipped);
  const { provider } = await askBoth(model, await agreementPngs(1), 'auto');
  assert.equal(provider, 'wasm');
});
