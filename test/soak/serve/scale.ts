/** `KILN_SOAK_SCALE=0.05` makes every count and every duration a twentieth: to try the tests themselves. */
const scale = Number(process.env.KILN_SOAK_SCALE ?? 1);

/** A count or a duration at the scale asked for. */
export const scaled = (full: number, least = 1): number => Math.max(least, Math.round(full * scale));

/** Whether the tests run at their full length: what has to settle first has time to. */
export const isFullLength = scale >= 1;
