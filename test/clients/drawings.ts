import sharp from 'sharp';

export interface Drawing {
  readonly name: string;
  readonly mimeType: string;
  readonly buffer: Buffer;
}

/** Things that are easily told apart, in a square of 240 × 240. */
const things = {
  mug: '<rect x="70" y="70" width="75" height="95" rx="8" fill="#c33"/><circle cx="155" cy="115" r="24" fill="none" stroke="#c33" stroke-width="12"/>',
  leaf: '<path d="M40 120Q120 30 200 120Q120 210 40 120" fill="#2a7a35"/><path d="M40 120H200" stroke="#154" stroke-width="5"/>',
  star: '<polygon points="120,30 145,95 215,95 158,138 180,205 120,165 60,205 82,138 25,95 95,95" fill="#e9b520"/>',
} as const;

/** Drawings of a thing, each in another place and on another ground; the same for the same arguments. */
export function drawings(thing: keyof typeof things, count: number, seed = 0): Promise<Drawing[]> {
  let state = seed * 7_919 + thing.length;
  const random = (): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
  return Promise.all(
    Array.from({ length: count }, async (_, index) => {
      const ground = `hsl(${Math.round(360 * random())} 35% ${60 + Math.round(20 * random())}%)`;
      const moved = `translate(${(40 * random() - 20).toFixed(1)} ${(40 * random() - 20).toFixed(1)})`;
      const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="240" height="240"><rect width="240" height="240" fill="${ground}"/><g transform="${moved}">${things[thing]}</g></svg>`;
      const buffer = await sharp(Buffer.from(svg)).png().toBuffer();
      return { name: `${thing} ${seed}-${index}.png`, mimeType: 'image/png', buffer };
    }),
  );
}
