/**
 * Every refusal that kiln can utter. A code never changes its meaning and is never reused;
 * docs/errors.md lists the same rows, and a test keeps the two equal.
 */
interface ErrorKind {
  /** HTTP status with which the service answers. */
  readonly status: number;
  /** One sentence: what went wrong, without the particulars. */
  readonly title: string;
}

export const errorTable = {
  ADDRESS_IN_USE: { status: 500, title: 'The address to listen on is taken.' },
  API_KEY_MISSING: { status: 401, title: 'The service asks for an API key.' },
  API_KEY_REFUSED: { status: 403, title: 'The service does not know this API key.' },
  ARCHIVE_INVALID: { status: 422, title: 'The archive of pictures cannot be used.' },
  CHECKPOINT_CORRUPT: { status: 500, title: 'The file is not a whole checkpoint.' },
  CHECKPOINT_MISMATCH: { status: 409, title: 'The checkpoint does not fit the network.' },
  CHECKPOINT_NOT_FOUND: { status: 404, title: 'The run holds no checkpoint that can be loaded.' },
  CONFIG_INVALID: { status: 422, title: 'The configuration file cannot be used.' },
  DATASET_CHANGED: { status: 409, title: 'The dataset is no longer the one that was evaluated.' },
  DATASET_CORRUPT: { status: 500, title: 'A file of the dataset is damaged.' },
  DATASET_MISMATCH: { status: 409, title: 'The dataset does not fit the model.' },
  DATASET_NOT_FOUND: { status: 404, title: 'The dataset is not in the data folder.' },
  DATASET_TOO_LARGE: { status: 413, title: 'The dataset takes more memory than kiln gives it.' },
  DATASET_UNKNOWN: { status: 404, title: 'There is no dataset of this name.' },
  DATASET_UNUSABLE: { status: 422, title: 'The pictures do not make a dataset.' },
  DECODE_TIMEOUT: { status: 422, title: 'The picture takes longer to decode than is accepted.' },
  DEVICE_UNAVAILABLE: { status: 500, title: 'The device asked for cannot run here.' },
  DOWNLOAD_CORRUPT: { status: 502, title: 'What was downloaded is not the published archive.' },
  DOWNLOAD_FAILED: { status: 502, title: 'The archive could not be downloaded.' },
  ENGINE_UNAVAILABLE: { status: 500, title: 'The engine asked for is not there.' },
  EVALUATIONS_UNUSABLE: { status: 500, title: 'The file of evaluations cannot be used.' },
  EVALUATION_MISMATCH: { status: 409, title: 'The evaluations cannot be compared.' },
  EVALUATION_NOT_FOUND: { status: 404, title: 'There is no such evaluation.' },
  EXPORT_ACCURACY: { status: 500, title: 'The smaller file answers worse than it may.' },
  EXPORT_CONFLICT: { status: 409, title: 'What lies where the model should go is not of this model.' },
  EXPORT_PARITY: { status: 500, title: 'The exported file does not compute what the trainer computes.' },
  EXPORT_UNWRITABLE: { status: 500, title: 'The exported file cannot be written.' },
  FILE_NOT_FOUND: { status: 404, title: 'There is no such file.' },
  IMAGE_MISSING: { status: 400, title: 'The request holds no picture.' },
  IMAGE_TOO_LARGE: { status: 413, title: 'The picture has more pixels than are accepted.' },
  IMAGE_UNDECODABLE: { status: 400, title: 'The picture cannot be decoded.' },
  INTERNAL: { status: 500, title: 'Something failed that should not have.' },
  METHOD_NOT_ALLOWED: { status: 405, title: 'The address does not know this method.' },
  MODEL_CONTROL_OFF: { status: 503, title: 'Models are not loaded and unloaded by request here.' },
  MODEL_INVALID: { status: 422, title: 'The file is not a whole ONNX model.' },
  MODEL_NOT_FOUND: { status: 404, title: 'There is no such model file.' },
  MODEL_NOT_KILN: { status: 422, title: 'The model lacks what a kiln file says of itself.' },
  MODEL_NOT_SERVED: { status: 404, title: 'The service does not serve this model.' },
  NETWORK_UNKNOWN: { status: 404, title: 'There is no network of this name.' },
  NOT_READY: { status: 503, title: 'The service cannot run the model now.' },
  OPERATOR_UNSUPPORTED: { status: 422, title: 'The engine does not know an operator of the network.' },
  OPTION_INVALID: { status: 400, title: 'An option has a value that cannot be.' },
  ORIGIN_REFUSED: { status: 403, title: "Another site's page may not use this service." },
  PAGE_NOT_FOUND: { status: 404, title: "The page's folder holds no page." },
  PART_INVALID: { status: 422, title: "A network, recipe or dataset of one's own is not what it should be." },
  PICTURE_NOT_FOUND: { status: 404, title: 'The evaluation has no such picture.' },
  PICTURE_NOT_KEPT: { status: 410, title: 'The picture was not kept with its evaluation.' },
  QUEUE_FULL: { status: 503, title: 'More is waiting already than the service accepts.' },
  QUEUE_TIMEOUT: { status: 504, title: 'The request waited longer than the service lets one wait.' },
  RATE_LIMITED: { status: 429, title: 'More requests came than the service accepts of one client.' },
  RECIPE_UNKNOWN: { status: 404, title: 'There is no recipe of this name.' },
  REQUEST_INVALID: { status: 400, title: 'The request is not well formed.' },
  REQUEST_TIMEOUT: { status: 408, title: 'The request did not arrive in time.' },
  REQUEST_TOO_LARGE: { status: 413, title: 'The request is larger than the service accepts.' },
  ROUTE_NOT_FOUND: { status: 404, title: 'There is nothing under this address.' },
  RUN_BUSY: { status: 409, title: 'Another process trains this run.' },
  RUN_NOT_FOUND: { status: 404, title: 'There is no run of this name.' },
  RUN_UNWRITABLE: { status: 500, title: "The run's folder cannot be written." },
  SERVICE_UNUSABLE: { status: 502, title: 'No kiln service answers at this address.' },
  SETUP_CONFLICT: { status: 409, title: 'Another version of a native part is installed.' },
  SETUP_UNSUPPORTED: { status: 500, title: 'The native parts are not published for this installation.' },
  SETUP_UNWRITABLE: { status: 500, title: 'The native parts cannot be put in their place.' },
  SHAPE_MISMATCH: { status: 500, title: 'An operator was given tensors whose shapes do not fit.' },
  SHUTTING_DOWN: { status: 503, title: 'The service is closing and takes nothing new.' },
  TOWER_LOST: { status: 500, title: 'The process of a tower has ended; the run cannot go on without it.' },
  TRACING_UNAVAILABLE: { status: 500, title: 'Traces are asked for, and OpenTelemetry is not installed.' },
  TRAINING_DIVERGED: { status: 500, title: 'The training run diverged.' },
  UNSUPPORTED_IMAGE: { status: 415, title: 'The bytes are not a picture of an accepted format.' },
  UNSUPPORTED_MEDIA_TYPE: { status: 415, title: 'The service does not take this type of content.' },
  WORKER_FAILED: { status: 500, title: 'An inference worker failed, and so did the second attempt.' },
} as const satisfies Record<string, ErrorKind>;

/** What an error is, by a name that stays; docs/errors.md explains each. */
export type ErrorCode = keyof typeof errorTable;

/** What a caller (or an HTTP client) learns of an error. */
export interface ErrorReport {
  readonly code: ErrorCode;
  readonly message: string;
  readonly expected: string;
  readonly received: string;
}

interface ErrorDetails {
  readonly expected: string;
  readonly received: string;
  /** Overrides the table's sentence where a more exact one exists. */
  readonly message?: string;
  readonly cause?: unknown;
}

/** An error of the table: a stable code, what was expected, what came. */
export class KilnError extends Error {
  override readonly name = 'KilnError';
  readonly code: ErrorCode;
  readonly expected: string;
  readonly received: string;

  constructor(code: ErrorCode, details: ErrorDetails) {
    super(details.message ?? errorTable[code].title, { cause: details.cause });
    this.code = code;
    this.expected = details.expected;
    this.received = details.received;
  }

  get status(): number {
    return errorTable[this.code].status;
  }

  toJSON(): ErrorReport {
    return { code: this.code, message: this.message, expected: this.expected, received: this.received };
  }
}
