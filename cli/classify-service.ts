import { pMapIterable } from 'p-map';
import Type, { type Static } from 'typebox';
import { Check } from 'typebox/value';
import type { Classification, KilnClient, ModelCard } from '../clients/http/client.js';
import { KilnError } from '../errors/errors.js';
import { inGroups } from '../runtime/classify-files.js';
import type { PictureInput } from './classify-inputs.js';
import type { PictureClassifier, PictureResult, pictureError } from './classify-result.js';
import { asKilnError, clientOf, isRefusal, unusable } from './service-client.js';

export interface ServiceOptions {
  readonly top: number;
  readonly apiKey: string | undefined;
  /** Which of the service's models; without, its default and that one's highest version. */
  readonly model: string | undefined;
  readonly version: string | undefined;
}

/** Forms under way at once, and how many bytes of pictures one holds beside its first. */
const forms = { atOnce: 3, bytes: 8 * 2 ** 20 } as const;

/** By what a kiln service is known: any other may answer in JSON as well. */
const card = Type.Object({
  metadata: Type.Object({ labels: Type.Array(Type.String()) }),
  batching: Type.Object({ queueRows: Type.Integer() }),
  limits: Type.Object({ files: Type.Integer(), fileBytes: Type.Integer(), requestBytes: Type.Integer() }),
});

/**
 * A kiln service, asked with forms of several pictures.
 * @throws KilnError OPTION_INVALID for no address, SERVICE_UNUSABLE where no kiln service answers, and its refusals
 */
export async function openService(address: string, options: ServiceOptions): Promise<PictureClassifier> {
  const client = clientOf(address, options.apiKey);
  const { name, version, digest, metadata, batching, limits } = await openModel(client, address, options);
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
    const results = pictures.length === 0 ? [] : await classify(pictures);
    let next = 0;
    return loaded.map((one) => {
      if ('error' in one) return one;
      next += 1;
      return { input: one.input, ...results[next - 1]! };
    });
  };
  const classify = async (pictures: readonly Uint8Array[]): Promise<readonly PictureResult[]> => {
    try {
      const answer = await client.classify(pictures, { model: name, version, top, replay: 'harmless' });
      if (answer.model.digest === digest) return answer.results.map(resultOf);
      const expected = `the file that answered first (${digest})`;
      throw new KilnError('MODEL_NOT_SERVED', { expected, received: `another (${answer.model.digest})` });
    } catch (error) {
      if (!isRefusal(error)) throw asKilnError(error, address);
      const { code, message, expected, received } = error;
      return pictures.map(() => ({ error: { code, message, expected, received } }));
    }
  };
  return {
    model: { name, version, digest },
    async *classify(inputs) {
      const loaded = pMapIterable(inputs, load, { concurrency: 4 });
      const groups = inGroups(loaded, (group) => group.length <= files && bytesOf(group) <= bytes);
      for await (const results of pMapIterable(groups, send, { concurrency: forms.atOnce })) yield* results;
    },
    close: async () => {},
  };
}

async function openModel(client: KilnClient, address: string, options: ServiceOptions): Promise<ModelCard> {
  const { model, version } = options;
  try {
    // Where nobody is there, as where an address is mistyped, patience would not help.
    const health = await client.health();
    if (health.status === 'unreachable') throw health.error;
    const opened = await client.model({ ...(model && { model }), ...(version && { version }) });
    if (Check(card, opened)) return opened;
    throw unusable(address, JSON.stringify(opened).slice(0, 80));
  } catch (error) {
    throw asKilnError(error, address);
  }
}

type Classified = { readonly input: PictureInput } & PictureResult;
type Loaded =
  | { readonly input: PictureInput; readonly bytes: Uint8Array }
  | { readonly input: PictureInput; readonly error: Static<typeof pictureError> };

/** Without the name and the times. */
function resultOf(result: Classification['results'][number]): PictureResult {
  return 'error' in result ? { error: result.error } : { predictions: result.predictions };
}

function bytesOf(group: readonly Loaded[]): number {
  return group.reduce((sum, one) => sum + ('bytes' in one ? one.bytes.length : 0), 0);
}
