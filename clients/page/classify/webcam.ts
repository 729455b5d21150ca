import { Camera } from '../camera.js';
import { CameraPlace } from '../camera-place.js';
import { byId, element } from '../elements.js';
import { type LiveAnswer, LiveAnswers } from '../live-answers.js';

export interface WebcamHandlers {
  /** What the tab makes of the camera's picture. */
  readonly ask: (video: HTMLVideoElement) => Promise<LiveAnswer>;
  /** The visitor keeps a picture. */
  readonly onKeep: (picture: File) => void;
}

/** The camera with live answers of this tab; nothing is sent until the visitor keeps a picture. @returns it, to be stopped */
export function openWebcam({ ask, onKeep }: WebcamHandlers): Camera {
  const camera = new Camera();
  const live = new LiveAnswers(() => ask(camera.video));
  const keep = element('button', { type: 'button', class: 'primary' }, 'Keep this picture');
  const actions = element(
    'div',
    { class: 'keep' },
    keep,
    element(
      'p',
      { class: 'details' },
      'Only this tab looks through the camera. What you keep goes to the service too.',
    ),
  );
  const place = new CameraPlace(camera, {
    button: byId('webcam', HTMLButtonElement),
    content: [live.element, actions],
    onStart: (signal) => void live.run(signal),
  });
  byId('live', HTMLElement).append(place.element);
  let kept = 0;
  keep.addEventListener('click', async () => {
    kept += 1;
    onKeep(await camera.still(`webcam ${kept}.png`));
  });
  return camera;
}
