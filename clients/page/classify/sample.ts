type Scene = (context: CanvasRenderingContext2D) => void;

const size = 240;

function sky(context: CanvasRenderingContext2D, top: string, bottom: string): void {
  const gradient = context.createLinearGradient(0, 0, 0, size);
  gradient.addColorStop(0, top);
  gradient.addColorStop(1, bottom);
  context.fillStyle = gradient;
  context.fillRect(0, 0, size, size);
}

function shape(
  context: CanvasRenderingContext2D,
  colour: string,
  points: readonly (readonly [number, number])[],
): void {
  context.fillStyle = colour;
  context.beginPath();
  for (const [x, y] of points) context.lineTo(x, y);
  context.fill();
}

function disc(context: CanvasRenderingContext2D, colour: string, x: number, y: number, radius: number): void {
  context.fillStyle = colour;
  context.beginPath();
  context.arc(x, y, radius, 0, 2 * Math.PI);
  context.fill();
}

// Coordinates in a square of 240 × 240.
const scenes = {
  ship(context) {
    sky(context, '#8fb9d6', '#dbe8ee');
    shape(context, '#2f6284', [
      [0, 160],
      [240, 156],
      [240, 240],
      [0, 240],
    ]);
    shape(context, '#34302f', [
      [22, 130],
      [218, 126],
      [190, 174],
      [52, 176],
    ]);
    shape(context, '#a53a2c', [
      [46, 160],
      [203, 158],
      [190, 176],
      [52, 178],
    ]);
    shape(context, '#f2efe9', [
      [70, 96],
      [168, 94],
      [176, 128],
      [66, 130],
    ]);
    shape(context, '#c9502f', [
      [112, 56],
      [140, 56],
      [142, 95],
      [110, 96],
    ]);
    for (const x of [84, 106, 128, 150]) disc(context, '#3b5565', x, 112, 5);
  },
  airplane(context) {
    sky(context, '#4f8fcb', '#c7dff0');
    shape(context, '#e9edf0', [
      [22, 132],
      [60, 112],
      [186, 96],
      [222, 110],
      [188, 126],
      [64, 146],
    ]);
    shape(context, '#c3cbd1', [
      [112, 112],
      [150, 108],
      [104, 196],
      [84, 200],
    ]);
    shape(context, '#aab4bb', [
      [118, 108],
      [146, 104],
      [150, 56],
      [136, 54],
    ]);
    shape(context, '#b8432c', [
      [28, 132],
      [56, 116],
      [40, 74],
      [22, 76],
    ]);
    shape(context, '#31475a', [
      [192, 101],
      [214, 108],
      [196, 110],
    ]);
  },
  automobile(context) {
    sky(context, '#c9d8de', '#e6e2d8');
    shape(context, '#6b6661', [
      [0, 164],
      [240, 160],
      [240, 240],
      [0, 240],
    ]);
    shape(context, '#b3261e', [
      [14, 140],
      [52, 128],
      [84, 92],
      [156, 90],
      [192, 126],
      [228, 136],
      [230, 172],
      [14, 176],
    ]);
    shape(context, '#25313a', [
      [70, 126],
      [92, 101],
      [118, 100],
      [118, 126],
    ]);
    shape(context, '#25313a', [
      [127, 126],
      [127, 100],
      [151, 99],
      [174, 126],
    ]);
    for (const x of [64, 182]) {
      disc(context, '#1d1b1a', x, 174, 25);
      disc(context, '#b9b9b5', x, 174, 12);
    }
    disc(context, '#ffe9a8', 222, 148, 6);
  },
} as const satisfies Record<string, Scene>;

const names = Object.keys(scenes) as (keyof typeof scenes)[]; // Object.keys forgets the keys' type
let next = 0;

/**
 * Draws one of a few simple pictures, a different one each time, for those who have none at hand.
 *
 * @returns a PNG of 240 × 240 pixels
 */
export async function drawSample(): Promise<File> {
  const name = names[next++ % names.length]!;
  const canvas = document.createElement('canvas');
  canvas.width = size;
  canvas.height = size;
  const context = canvas.getContext('2d');
  if (context === null) throw new Error('this browser gives no 2d canvas');
  scenes[name](context);
  const blob = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, 'image/png'));
  if (blob === null) throw new Error('the canvas could not be written as a PNG');
  return new File([blob], `drawn ${name}.png`, { type: 'image/png' });
}
