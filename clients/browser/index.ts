/** `onnx-kiln/browser`: a kiln file classifies pictures in a page, and learns new ones, in a Web Worker, without a server. */
export type { ClassifierMetadata } from '../../runtime/metadata.js';
export type { Prediction } from '../../runtime/top-predictions.js';
export type { BrowserClassifier, ClassifyOptions } from './classifier.js';
export { type LoadOptions, loadClassifier } from './load-classifier.js';
export type { PictureSource } from './picture-source.js';
export { ClassifierError } from './problem.js';
export {
  type HeldOut,
  type Lesson,
  openTeacher,
  type Teacher,
  type TeacherOptions,
  type TeachingOptions,
  type TeachingPicture,
  type TeachingProgress,
} from './teaching/teacher.js';
export type {
  BrowserDevice,
  BrowserProvider,
  FailedBrowserProvider,
  Frame,
  TabAnswer as Answer,
  TabTiming as Timing,
} from './worker-messages.js';
