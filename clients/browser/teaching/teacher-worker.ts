import { openWebSession } from '../../../runtime/web-classifier.js';
import { importRuntime } from '../import-runtime.js';
import { toProblem } from '../problem.js';
import { type LocalTeacher, openLocalTeacher } from './local-teacher.js';
import type { Lesson } from './teacher.js';
import type {
  Answers,
  OpenRequest,
  Question,
  TeachingReply,
  TeachingRequest,
  TeachRequest,
} from './teaching-messages.js';

declare const self: DedicatedWorkerGlobalScope;

/** The bundler puts it in. */
declare const KILN_VERSION: string;

const reply = (message: TeachingReply): void => self.postMessage(message);

let teacher: Promise<LocalTeacher> | undefined;
const lessons = new Map<number, Lesson>();
const underWay = new Map<number, AbortController>();

async function open({ model, threads, runtimeUrl }: OpenRequest): Promise<LocalTeacher> {
  const ort = await importRuntime('wasm', runtimeUrl);
  ort.env.wasm.numThreads = threads;
  const opened = await openLocalTeacher(model, {
    open: (graph) => openWebSession(ort, graph, 'wasm'),
    provider: 'wasm',
    machine: `${navigator.userAgent}, WebAssembly with ${threads === 1 ? '1 thread' : `${threads} threads`}`,
    producer: { version: KILN_VERSION, commit: 'none' },
    now: () => performance.now(),
  });
  reply({ kind: 'opened', teacher: { frame: opened.frame, provider: opened.provider } });
  return opened;
}

async function teach({ id, labels, pictures, options }: TeachRequest): Promise<Answers['teach']> {
  const abort = new AbortController();
  underWay.set(id, abort);
  try {
    const lesson = await (await opened()).teach(labels, pictures, {
      ...options,
      signal: abort.signal,
      onProgress: (progress) => reply({ kind: 'progress', id, progress }),
    });
    lessons.set(id, lesson);
    if (abort.signal.aborted) await close(id);
    const { heldOut, heldOutIndices } = lesson;
    return { heldOut, heldOutIndices };
  } finally {
    underWay.delete(id);
  }
}

async function opened(): Promise<LocalTeacher> {
  if (teacher === undefined) throw new Error('the first request was not to open a model');
  return teacher;
}

function lessonOf({ lesson }: { readonly lesson: number }): Lesson {
  const found = lessons.get(lesson);
  if (found === undefined) throw new Error(`lesson ${lesson} is not there`);
  return found;
}

function answerTo(question: Question): Promise<Answers[Question['kind']]> {
  switch (question.kind) {
    case 'teach':
      return teach(question);
    case 'classify':
      return lessonOf(question).classify(question.frames, question.count);
    case 'model':
      return lessonOf(question).model(question.name);
  }
}

async function answer(question: Question): Promise<void> {
  const { id } = question;
  try {
    reply({ kind: 'answer', id, answer: await answerTo(question) });
  } catch (error) {
    const fallback = { code: 'TEACHING_FAILED', message: 'ONNX Runtime failed in this tab.' };
    reply({ kind: 'failed', id, problem: toProblem(error, fallback) });
  }
}

async function close(id: number): Promise<void> {
  const lesson = lessons.get(id);
  lessons.delete(id);
  await lesson?.close();
}

self.onmessage = ({ data }: MessageEvent<TeachingRequest>) => {
  switch (data.kind) {
    case 'open':
      teacher = open(data);
      teacher.catch((error) => {
        const fallback = {
          code: 'RUNTIME_FAILED',
          message: 'ONNX Runtime could not be started in this tab.',
        };
        reply({ kind: 'refused', problem: toProblem(error, fallback) });
      });
      break;
    case 'abort':
      underWay.get(data.id)?.abort();
      void close(data.id);
      break;
    case 'close':
      void close(data.lesson);
      break;
    default:
      void answer(data);
  }
};
