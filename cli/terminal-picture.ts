interface Picture {
  readonly width: number;
  /** Even: a character is two pixels high. */
  readonly height: number;
  /** uint8 RGB, [height, width, 3] */
  readonly data: Uint8Array;
}

/** A small picture in a terminal of 24-bit colours: ▀ shows two pixels, one above the other. */
export function drawPicture({ width, height, data }: Picture): string[] {
  const colour = (x: number, y: number) => {
    const at = (y * width + x) * 3;
    return data.subarray(at, at + 3).join(';');
  };
  return Array.from({ length: height / 2 }, (_, row) => {
    const cells = Array.from(
      { length: width },
      (_, x) => `\x1b[38;2;${colour(x, 2 * row)};48;2;${colour(x, 2 * row + 1)}m▀`,
    );
    return `${cells.join('')}\x1b[0m`;
  });
}
