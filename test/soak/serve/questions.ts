import type { ErrorReport } from '../../../errors/errors.js';
import type { Classification } from '../../../serve/classify.js';
import { png } from '../../serve/pictures.js';
import { Client, type Outcome, type Sent } from './client.js';

/** A request, and what its answer is worth. */
export interface Question extends Sent {
  /** `200` for the right answer, anything else for another. */
  readonly judge: (outcome: Outcome) => string;
}

/** Sums of another batch size may differ in their last bits. */
const tolerance = 1e-4;

/**
 * Pictures with the answers that the idle service gives to each alone. Under load they tell an answer that
 * went to the wrong request from a right one, so they must differ by more than is tolerated.
 */
export async function questions(address: string, model?: string, count = 16): Promise<readonly Question[]> {
  const client = new Client(address);
  const known: { readonly sent: Sent; readonly probabilities: readonly number[] }[] = [];
  for (let seed = 0; known.length < count; seed += 1) {
    const sent = asPicture(await png(seed), 'image/png', model);
    const outcome = await client.send(sent);
    const probabilities = answerOf(outcome)?.probabilities;
    if (probabilities === undefined) throw new Error(`an idle service answered ${verdict(outcome)}`);
    if (known.some((other) => areClose(other.probabilities, probabilities, 10 * tolerance))) {
      if (seed > 10 * count) throw new Error('the model answers the same to all pictures');
    } else known.push({ sent, probabilities });
  }
  client.close();
  return known.map(({ sent, probabilities }) => ({
    ...sent,
    judge: (outcome) => {
      const answer = answerOf(outcome);
      const wrong = answer !== undefined && !areClose(answer.probabilities, probabilities);
      return wrong ? '200 with a wrong answer' : verdict(outcome);
    },
  }));
}

export function asPicture(body: Uint8Array, type: string, model?: string): Sent {
  const path = `/classify?top=10${model === undefined ? '' : `&model=${model}`}`;
  return { method: 'POST', path, headers: { 'content-type': type }, body };
}

/** One question after the other, round and round. */
export function inTurn<Item>(items: readonly Item[]): () => Item {
  let next = 0;
  return () => {
    next += 1;
    return items[next % items.length]!;
  };
}

/** In a word: `200`, `503 QUEUE_FULL`, `503 QUEUE_FULL without Retry-After`, `lost: ECONNRESET`. */
export function verdict(outcome: Outcome): string {
  if (outcome.kind === 'lost') return `lost: ${outcome.reason}`;
  const { status, headers, body } = outcome;
  if (status < 400) return String(status);
  const late = status === 503 && headers['retry-after'] === undefined ? ' without Retry-After' : '';
  return `${status} ${codeOf(body)}${late}`;
}

interface Answer {
  /** In the order of the labels. */
  readonly probabilities: readonly number[];
  /** Of the file that gave them. */
  readonly digest: string;
  /** How long the service says that the picture waited for its run. */
  readonly queueMs: number;
}

/** What a classification says of its first picture; undefined where there is none. */
export function answerOf(outcome: Outcome): Answer | undefined {
  if (outcome.kind === 'lost' || outcome.status !== 200) return undefined;
  const { model, results } = JSON.parse(outcome.body) as Classification;
  const [result] = results;
  if (result === undefined || !('predictions' in result)) return undefined;
  const inOrder = [...result.predictions].sort((a, b) => a.index - b.index);
  return {
    probabilities: inOrder.map(({ probability }) => probability),
    digest: model.digest,
    queueMs: result.timing.queueMs,
  };
}

export function areClose(a: ArrayLike<number>, b: ArrayLike<number>, most = tolerance): boolean {
  return a.length === b.length && Array.from(a).every((value, index) => Math.abs(value - b[index]!) <= most);
}

function codeOf(body: string): string {
  try {
    return (JSON.parse(body) as Partial<ErrorReport>).code ?? 'of the protocol';
  } catch {
    return 'without a report';
  }
}
