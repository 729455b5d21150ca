/**
 * A convolution along one axis by fewer multiplications (Winograd 1980; Lavin and Gray, "Fast algorithms for
 * convolutional neural networks", arXiv 1509.09308). The outputs of an axis fall into tiles of m. For one tile, m
 * outputs of r taps are the transpose of a product of two polynomials, and that is known from its values at
 * n = m + r − 1 points: n multiplications instead of m·r.
 */
export interface WinogradAxis {
  /** n */
  readonly points: number;
  readonly tiles: number;
  /** From an axis of the images to their tiles' values at the points: [points · tiles, inputs]. */
  readonly images: Matrix;
  /** From a filter's taps to its values at the points: [points, taps]. */
  readonly weights: Matrix;
  /** From the products to an axis of the outputs: [outputs, points · tiles]. */
  readonly outputs: Matrix;
}

/** Row after row. */
export interface Matrix {
  readonly rows: number;
  readonly columns: number;
  readonly data: Float32Array;
}

/** One axis of a convolution of stride 1. */
export interface ConvolvedAxis {
  readonly inputs: number;
  readonly taps: number;
  /** Zeros in front of the inputs. */
  readonly before: number;
  /** Zeros behind them. */
  readonly after: number;
}

/**
 * The points, as many of them as a tile needs, and infinity. In this order sums of few and small powers come first,
 * which keeps the rounding error small (Barabasz et al., "Error analysis and improving the accuracy of Winograd
 * convolution", arXiv 1803.10986): for 3 taps and 32 channels 8e-7 with n = 5 or 6, 2e-6 with 7, 3e-6 with 8 (relative
 * L2 in both axes). A ninth point, whatever it is, would make it 2e-5.
 */
const points = [0, 1, -1, 0.5, -2, -0.5, 2];

const made = new Map<string, WinogradAxis>();

/** With the tiles that take the fewest multiplications. One axis asked for twice is one object. */
export function winogradAxis(axis: ConvolvedAxis): WinogradAxis {
  const key = JSON.stringify(axis);
  const known = made.get(key);
  if (known !== undefined) return known;
  const outputs = axis.inputs + axis.before + axis.after - axis.taps + 1;
  const tilings = Array.from({ length: points.length + 2 - axis.taps }, (_, index) => {
    const tile = index + 1;
    return { tile, products: Math.ceil(outputs / tile) * (tile + axis.taps - 1) };
  });
  const { tile } = tilings.reduce((best, other) => (other.products < best.products ? other : best));
  const matrices = matricesOf(axis, outputs, tile);
  made.set(key, matrices);
  return matrices;
}

/** Whether there are points enough for a single output of as many taps. */
export function isWithinReach(taps: number): boolean {
  return taps <= points.length + 1;
}

function matricesOf({ inputs, taps, before }: ConvolvedAxis, outputs: number, tile: number): WinogradAxis {
  const count = tile + taps - 1;
  const finite = points.slice(0, count - 1);
  const tiles = Math.ceil(outputs / tile);
  const others = finite.map((at) => finite.filter((other) => other !== at));
  // Lagrange's interpolation: ∏ (x − other), over its own value at the point, which goes to the weights; at infinity,
  // where a polynomial's value is its highest coefficient, ∏ over all points.
  const interpolation = [...others, finite].map(coefficientsOf);
  const ownValue = others.map((rest, point) =>
    rest.reduce((value, other) => value * (finite[point]! - other), 1),
  );
  const power = (point: number, exponent: number, highest: number): number => {
    const at = finite[point];
    return at === undefined ? Number(exponent === highest) : at ** exponent;
  };
  return {
    points: count,
    tiles,
    images: matrix(count * tiles, inputs, (row, column) => {
      const [point, tileAt] = [Math.floor(row / tiles), row % tiles];
      return interpolation[point]![column + before - tileAt * tile] ?? 0;
    }),
    weights: matrix(count, taps, (point, tap) => power(point, tap, taps - 1) / (ownValue[point] ?? 1)),
    outputs: matrix(outputs, count * tiles, (row, column) => {
      const [point, tileAt] = [Math.floor(column / tiles), column % tiles];
      return Math.floor(row / tile) === tileAt ? power(point, row % tile, tile - 1) : 0;
    }),
  };
}

/** Coefficients of ∏ (x − root), the constant first. */
function coefficientsOf(roots: readonly number[]): readonly number[] {
  return roots.reduce<readonly number[]>(
    (coefficients, root) =>
      Array.from(
        { length: coefficients.length + 1 },
        (_, power) => (coefficients[power - 1] ?? 0) - root * (coefficients[power] ?? 0),
      ),
    [1],
  );
}

function matrix(rows: number, columns: number, entry: (row: number, column: number) => number): Matrix {
  const data = Float32Array.from({ length: rows * columns }, (_, index) =>
    entry(Math.floor(index / columns), index % columns),
  );
  return { rows, columns, data };
}
