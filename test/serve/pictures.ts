import sharp from 'sharp';

/** RGB noise that depends on the seed alone: [size, size, 3]. */
export function noise(seed: number, size = 32): Uint8Array {
  let state = seed * 2 + 1;
  return Uint8Array.from({ length: size * size * 3 }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state >>> 24;
  });
}

/** Noise as a picture that sharp goes on from. */
export const picture = (seed: number, size = 32) =>
  sharp(noise(seed, size), { raw: { width: size, height: size, channels: 3 } });

export const png = (seed: number, size = 32): Promise<Buffer> => picture(seed, size).png().toBuffer();
