import { ClassifierError, loadClassifier } from './kiln/index.js';

const byId = (id) => document.getElementById(id);
const state = byId('state');

const inWords = (error) =>
  error instanceof ClassifierError ? `${error.message} (${error.code})` : `${error}`;

async function start() {
  const classifier = await loadClassifier('model.onnx', {
    onProgress(received, total) {
      if (total !== undefined)
        state.textContent = `Loading the model: ${Math.round((100 * received) / total)} %`;
    },
  });
  const { metadata, provider, threads, failed } = classifier;
  console.info(`${metadata.name} on ${provider}, ${threads} threads`, failed);
  state.textContent = 'Ready. Pictures stay in this tab.';
  byId('file').disabled = false;
  byId('file').addEventListener('change', async ({ target }) => {
    const [file] = target.files;
    if (file !== undefined)
      await show(classifier, file).catch((error) => (state.textContent = inWords(error)));
  });
}

async function show(classifier, file) {
  const picture = byId('picture');
  URL.revokeObjectURL(picture.src);
  picture.src = URL.createObjectURL(file);
  picture.hidden = false;
  const { predictions, timing } = await classifier.classify(file, { top: 3 });
  const lines = predictions.map(({ label, probability }) => {
    const line = document.createElement('li');
    line.textContent = `${label} ${(100 * probability).toFixed(1)} %`;
    return line;
  });
  byId('predictions').replaceChildren(...lines);
  picture.alt = predictions[0].label;
  state.textContent = `${predictions[0].label}, in ${(timing.decodeMs + timing.inferenceMs).toFixed(0)} ms`;
}

start().catch((error) => {
  state.textContent = inWords(error);
});
navigator.serviceWorker?.register('service-worker.js'); // only over https, and on this machine
