import type { Problem } from '../browser/problem.js';
import { element } from './elements.js';
import { PageError } from './page-error.js';

/** Why a camera is not where it was. */
export type CameraEnd = 'stopped' | 'moved' | 'hidden' | 'lost';

/** A place of the page that shows the camera. */
export interface CameraUser {
  /** The camera is here no more, or will not come. */
  onEnd(reason: CameraEnd): void;
}

/** The side of the camera's pictures that is asked for, in pixels: the networks' frames are far smaller. */
const wanted = { width: { ideal: 640 }, height: { ideal: 480 } };

/**
 * The camera of this device, seen in `video`, for one place of a view at a time. It runs only between `start` and `stop`,
 * and stops by itself when the tab is out of sight. What it sees stays in the page.
 */
export class Camera {
  readonly video = element('video', { muted: '', playsinline: '', 'aria-label': 'What the camera sees' });
  #user: CameraUser | undefined;
  #stream: MediaStream | undefined;
  /** Of the `start` that counts: one that was stopped while the visitor was being asked must not run. */
  #turn = 0;

  constructor() {
    document.addEventListener('visibilitychange', () => {
      if (document.hidden) this.#end('hidden');
    });
  }

  /**
   * Asks the visitor, who may take any time; a camera that runs goes to its new user at once.
   *
   * @returns whether it runs, and for this user
   * @throws PageError CONTEXT_INSECURE, CAMERA_REFUSED, CAMERA_NOT_FOUND, CAMERA_FAILED
   */
  async start(user: CameraUser): Promise<boolean> {
    this.#turn += 1;
    const turn = this.#turn;
    const former = this.#user;
    this.#user = user;
    if (former !== user) former?.onEnd('moved');
    if (this.#stream !== undefined) return true;
    const stream = await openStream().catch((error) => {
      if (turn === this.#turn) this.#user = undefined; // told by the error, and not again when the tab is left
      throw error;
    });
    if (turn !== this.#turn) {
      release(stream);
      return false;
    }
    this.#show(stream);
    return true;
  }

  /** To be called after the video was put into a place, which halts it; resolves when it shows a picture. */
  async play(): Promise<void> {
    await this.video.play().catch(() => undefined); // stopped or moved before it began
  }

  stop(): void {
    this.#end('stopped');
  }

  /** What the camera sees now, as a PNG: nothing is lost, so that it is the same picture for everyone. */
  async still(name: string): Promise<File> {
    const { videoWidth: width, videoHeight: height } = this.video;
    const canvas = element('canvas', { width: String(width), height: String(height) });
    canvas.getContext('2d')?.drawImage(this.video, 0, 0);
    const blob = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, 'image/png'));
    if (blob === null) throw new PageError({ ...failed, received: `a picture of ${width}×${height} pixels` });
    return new File([blob], name, { type: 'image/png' });
  }

  #show(stream: MediaStream): void {
    const [track] = stream.getVideoTracks();
    track?.addEventListener('ended', () => {
      if (this.#stream === stream) this.#end('lost');
    });
    // A visitor who looks at oneself expects a mirror; what is taken is as the camera sees it.
    this.video.toggleAttribute('data-mirror', track?.getSettings().facingMode !== 'environment');
    this.video.srcObject = stream;
    this.#stream = stream;
  }

  #end(reason: CameraEnd): void {
    this.#turn += 1;
    if (this.#stream !== undefined) release(this.#stream);
    this.#stream = undefined;
    this.video.srcObject = null;
    const user = this.#user;
    this.#user = undefined;
    user?.onEnd(reason);
  }
}

const release = (stream: MediaStream): void => {
  for (const track of stream.getTracks()) track.stop();
};

const failed: Problem = { code: 'CAMERA_FAILED', message: 'The camera gives no picture.' };

async function openStream(): Promise<MediaStream> {
  // Undefined where the page is not secure; the type does not know.
  const devices = navigator.mediaDevices as MediaDevices | undefined;
  if (devices === undefined) {
    throw new PageError({
      code: 'CONTEXT_INSECURE',
      message: 'The browser lends its camera to secure pages only.',
      expected: 'https, or an address of this machine such as http://localhost',
      received: location.origin,
    });
  }
  try {
    // The camera that looks away from the visitor, where there are two: there is more to see.
    return await devices.getUserMedia({ video: { ...wanted, facingMode: { ideal: 'environment' } } });
  } catch (error) {
    throw new PageError(cameraProblem(error));
  }
}

function cameraProblem(error: unknown): Problem {
  const name = error instanceof DOMException ? error.name : '';
  switch (name) {
    case 'NotAllowedError':
      return {
        code: 'CAMERA_REFUSED',
        message: 'The browser does not let this page use the camera.',
        expected: 'the camera allowed in the settings of this site, which are beside the address',
      };
    case 'NotFoundError':
      return {
        code: 'CAMERA_NOT_FOUND',
        message: 'The browser knows of no camera.',
        expected: 'a camera in this device, or connected to it',
      };
    case 'NotReadableError':
      return {
        code: 'CAMERA_FAILED',
        message: 'The camera does not start.',
        expected: 'a camera that no other program is using',
      };
    default:
      return { ...failed, received: error instanceof Error ? error.message : String(error) };
  }
}
