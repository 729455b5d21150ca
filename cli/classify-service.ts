import { pMapIterable } from 'p-map';
import Type, { type Static } from 'typebox';
import { Check } from 'typebox/value';
import { KilnError } from '../errors/errors.js';
import { inGroups } from '../runtime/classify-files.js';
import type { PictureInput } from './classify-inputs.js';
import { refusal, requestsTo } from './classify-request.js';
import { type PictureClassifier, type PictureResult, pictureError } from './classify-result.js';

export interface ServiceOptions {
  readonly top: number;
  readonly apiKey: string | undefined;
  /** Which of the service's models; without, its default and that one's highest version. */
  readonly model: string | undefined;
  readonly version: string | undefined;
}

/** Forms under way at once, and how many bytes of pictures one holds beside its first. */
const forms = { atOnce: 3, bytes: 8 * 2 ** 20 } as const;

const model = { name: Type.String(), version: Type.String(), digest: Type.String() };
const card = Type.Object({
  ...model,
  metadata: Type.Object({ labels: Type.Array(Type.String()) }),
  batching: Type.Object({ queueRows: Type.Integer() }),
  limits: Type.Object({ files: Type.Integer(), fileBytes: Type.Integer(), requestBytes: Type.Integer() }),
});
const prediction = Type.Object({ label: Type.String(), index: Type.Integer(), probability: Type.Number() });
const classified = Type.Object({ predictions: Type.Array(prediction) });
const answer = Type.Object({
  model: Type.Object(model),
  results: Type.Array(Type.Union([classified, Type.Object({ error: pictureError })])),
});

/**
 * A kiln service, asked with forms of several pictures.
 * @throws KilnError OPTION_INVALID for no address, SERVICE_UNUSABLE where no kiln service answers, and its refusals
 */
export async function openService(address: string, options: ServiceOptions): Promise<PictureClassifier> {
  const ask = requestsTo(address, options.apiKey);
  const { model: name, version } = options;
  const opened = await ask('model', { ...(name && { model: name }), ...(version && { version }) });
  if (!Check(card, opened)) throw refusal(opened, address);
  const { metadata, batching, limits } = opened;
  const answering = { name: opened.name, version: opened.version, digest: opened.digest };
  const top = Math.min(options.top, metadata.labels.length);
  const bytes = Math.min(forms.bytes, limits.requestBytes / 2);
  const files = Math.max(1, Math.min(limits.files, Math.floor(batching.queueRows / forms.atOnce)));

  const load = async (input: PictureInput): Promise<Loaded> => {
    try {
      const read = await input.read();
      if (read.length <= limits.fileBytes) return { input, bytes: read };
      const expected = `a picture of at most ${limits.fileBytes} bytes`;
      throw new KilnError('REQUEST_TOO_LARGE', { expected, received: `${read.length} bytes` });
    } catch (error) {
      if (!(error instanceof KilnError)) throw error;
      return { input, error: error.toJSON() };
    }
  };
  const send = async (loaded: readonly Loaded[]): Promise<Classified[]> => {
    const pictures = loaded.flatMap((one) => ('bytes' in one ? [one.bytes] : []));
    const results = pictures.length === 0 ? [] : await post(pictures);
    let next = 0;
    return loaded.map((one) => {
      if ('error' in one) return one;
      next += 1;
      return { input: one.input, ...results[next - 1]! };
    });
  };
  const post = async (pictures: readonly Uint8Array[]): Promise<readonly PictureResult[]> => {
    const body = new FormData();
    for (const picture of pictures) body.append('images', new Blob([Buffer.from(picture)]), 'image');
    const query = { model: answering.name, version: answering.version, top: String(top) };
    const answered = await ask('classify', query, body);
    if (Check(answer, answered) && answered.results.length === pictures.length) {
      if (answered.model.digest === answering.digest) return answered.results.map(resultOf);
      const expected = `the file that answered first (${answering.digest})`;
      throw new KilnError('MODEL_NOT_SERVED', { expected, received: `another (${answered.model.digest})` });
    }
    if (!Check(pictureError, answered)) throw refusal(answered, address);
    return pictures.map(() => ({ error: answered }));
  };
  return {
    model: answering,
    async *classify(inputs) {
      const loaded = pMapIterable(inputs, load, { concurrency: 4 });
      const groups = inGroups(loaded, (group) => group.length <= files && bytesOf(group) <= bytes);
      for await (const results of pMapIterable(groups, send, { concurrency: forms.atOnce })) yield* results;
    },
    close: async () => {},
  };
}

type Classified = { readonly input: PictureInput } & PictureResult;
type Loaded =
  | { readonly input: PictureInput; readonly bytes: Uint8Array }
  | { readonly input: PictureInput; readonly error: Static<typeof pictureError> };

/** Without the name and the times. */
function resultOf(result: Static<typeof answer>['results'][number]): PictureResult {
  return 'error' in result ? { error: result.error } : { predictions: result.predictions };
}

function bytesOf(group: readonly Loaded[]): number {
  return group.reduce((sum, one) => sum + ('bytes' in one ? one.bytes.length : 0), 0);
}
