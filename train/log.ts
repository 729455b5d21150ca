/** One line of the training log, every `logInterval` steps. */
export const logInterval = 10;

export interface LoggedStep {
  /** Milliseconds since 1970, with fractions. */
  readonly time: number;
  /** The step's index, from 0: the tutorial's count. */
  readonly step: number;
  readonly loss: number;
  readonly examplesPerSecond: number;
  readonly secondsPerBatch: number;
}

/** The line of TensorFlow's tutorial (cifar10_train.py), character for character. */
export function formatStep({ time, step, loss, examplesPerSecond, secondsPerBatch }: LoggedStep): string {
  const pace = `${examplesPerSecond.toFixed(1)} examples/sec; ${secondsPerBatch.toFixed(3)} sec/batch`;
  return `${formatTime(time)}: step ${step}, loss = ${loss.toFixed(2)} (${pace})`;
}

/** `2026-11-23 10:11:12.131415`, local time, as Python prints datetime.now(). */
export function formatTime(time: number): string {
  const date = new Date(time);
  const day = [date.getFullYear(), two(date.getMonth() + 1), two(date.getDate())].join('-');
  const clock = [date.getHours(), date.getMinutes(), date.getSeconds()].map(two).join(':');
  const microseconds = Math.floor((time - Math.floor(time / 1000) * 1000) * 1000);
  return `${day} ${clock}.${String(microseconds).padStart(6, '0')}`;
}

/** Now, in milliseconds since 1970 with fractions: Date.now has none. */
export function now(): number {
  return performance.timeOrigin + performance.now();
}

function two(value: number): string {
  return String(value).padStart(2, '0');
}
