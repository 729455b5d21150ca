export interface TileOptions {
  /** Tiles from left to right, and row by row. */
  readonly count: number;
  /** Of a full row. */
  readonly across: number;
  /** Of a tile, in pixels. */
  readonly height: number;
  readonly width: number;
}

/**
 * Draws small pictures side by side on a canvas of their size, with a gap of one pixel.
 *
 * @param paint sets the colours of a tile: uint8 RGBA [height, width, 4], opaque and black before
 */
export function drawTiles(
  canvas: HTMLCanvasElement,
  { count, across, height, width }: TileOptions,
  paint: (pixels: Uint8ClampedArray, tile: number) => void,
): void {
  canvas.width = Math.min(across, count) * (width + 1) - 1;
  canvas.height = Math.ceil(count / across) * (height + 1) - 1;
  const context = canvas.getContext('2d', { willReadFrequently: true }); // so small a canvas is better off without the GPU
  for (let tile = 0; tile < count; tile += 1) {
    const pixels = new ImageData(width, height);
    for (let alpha = 3; alpha < pixels.data.length; alpha += 4) pixels.data[alpha] = 255;
    paint(pixels.data, tile);
    const [column, row] = [tile % across, Math.floor(tile / across)];
    context?.putImageData(pixels, column * (width + 1), row * (height + 1));
  }
}
