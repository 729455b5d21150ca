import { loadClassifier } from '../../runtime/node-classifier.js';
import { type Endpoint, mostProbable } from './endpoints.js';
import type { BenchPictures } from './pictures.js';

/** What the model itself says of the pictures: the index of the most probable label of each. */
export async function expectedLabels(model: Uint8Array, pictures: BenchPictures): Promise<readonly number[]> {
  const classifier = await loadClassifier(model, { device: 'cpu', threads: 1 });
  const probabilities = await classifier.classify(pictures.frames, pictures.count); // [count, labels]
  const labels = probabilities.length / pictures.count;
  await classifier.close();
  return Array.from({ length: pictures.count }, (_, row) =>
    mostProbable(probabilities.subarray(row * labels, (row + 1) * labels)),
  );
}

/** Sends every picture once. Throws where one label is another than expected: what is wrong fast proves nothing. */
export async function verify(
  url: string,
  { requests, read }: Endpoint,
  expected: readonly number[],
): Promise<void> {
  for (const [index, body] of requests.bodies.entries()) {
    const answer = await fetch(url + requests.path, {
      method: 'POST',
      headers: requests.headers,
      body: Uint8Array.from(body),
    });
    if (!answer.ok) throw new Error(`${requests.path}: ${answer.status} ${await answer.text()}`);
    const labels = await read(answer);
    const first = index * requests.pictures;
    const wrong = labels.findIndex((label, picture) => label !== expected[first + picture]);
    if (labels.length === requests.pictures && wrong < 0) continue;
    throw new Error(
      `${requests.path}: of picture ${first + Math.max(0, wrong)} label ${labels[wrong]}, not ${expected[first + wrong]}`,
    );
  }
}
