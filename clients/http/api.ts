/**
 * The requests and answers of the HTTP client, generated from the service's OpenAPI description by
 * bin/generate-client-types.mjs: not to be edited by hand.
 */

export type Evaluation =
  | {
      id: string;
      model: {
        name: string;
        version: string;
        digest: string;
      };
      source: 'dataset' | 'archive';
      /**
       * The dataset’s name, or the archive’s.
       */
      dataset: string;
      /**
       * null for an archive
       */
      split: ('train' | 'validation' | 'train+validation' | 'test') | null;
      /**
       * sha256 of the dataset, or of the archive.
       */
      dataDigest: string;
      startedAt: string;
      progress: {
        done: number;
        count: number;
      };
      /**
       * Pictures that could not be read; they are not counted.
       */
      skipped: {
        count: number;
        /**
         * The first few.
         */
        examples: {
          name: string;
          reason: string;
        }[];
      };
      status: 'running';
    }
  | {
      id: string;
      model: {
        name: string;
        version: string;
        digest: string;
      };
      source: 'dataset' | 'archive';
      /**
       * The dataset’s name, or the archive’s.
       */
      dataset: string;
      /**
       * null for an archive
       */
      split: ('train' | 'validation' | 'train+validation' | 'test') | null;
      /**
       * sha256 of the dataset, or of the archive.
       */
      dataDigest: string;
      startedAt: string;
      progress: {
        done: number;
        count: number;
      };
      /**
       * Pictures that could not be read; they are not counted.
       */
      skipped: {
        count: number;
        /**
         * The first few.
         */
        examples: {
          name: string;
          reason: string;
        }[];
      };
      endedAt: string;
      status: 'failed';
      error: {
        code: ErrorCode;
        /**
         * One sentence: what went wrong.
         */
        message: string;
        expected: string;
        received: string;
      };
    }
  | {
      id: string;
      model: {
        name: string;
        version: string;
        digest: string;
      };
      source: 'dataset' | 'archive';
      /**
       * The dataset’s name, or the archive’s.
       */
      dataset: string;
      /**
       * null for an archive
       */
      split: ('train' | 'validation' | 'train+validation' | 'test') | null;
      /**
       * sha256 of the dataset, or of the archive.
       */
      dataDigest: string;
      startedAt: string;
      progress: {
        done: number;
        count: number;
      };
      /**
       * Pictures that could not be read; they are not counted.
       */
      skipped: {
        count: number;
        /**
         * The first few.
         */
        examples: {
          name: string;
          reason: string;
        }[];
      };
      endedAt: string;
      status: 'cancelled';
    }
  | {
      id: string;
      model: {
        name: string;
        version: string;
        digest: string;
      };
      source: 'dataset' | 'archive';
      /**
       * The dataset’s name, or the archive’s.
       */
      dataset: string;
      /**
       * null for an archive
       */
      split: ('train' | 'validation' | 'train+validation' | 'test') | null;
      /**
       * sha256 of the dataset, or of the archive.
       */
      dataDigest: string;
      startedAt: string;
      progress: {
        done: number;
        count: number;
      };
      /**
       * Pictures that could not be read; they are not counted.
       */
      skipped: {
        count: number;
        /**
         * The first few.
         */
        examples: {
          name: string;
          reason: string;
        }[];
      };
      endedAt: string;
      status: 'interrupted';
    }
  | {
      id: string;
      model: {
        name: string;
        version: string;
        digest: string;
      };
      source: 'dataset' | 'archive';
      /**
       * The dataset’s name, or the archive’s.
       */
      dataset: string;
      /**
       * null for an archive
       */
      split: ('train' | 'validation' | 'train+validation' | 'test') | null;
      /**
       * sha256 of the dataset, or of the archive.
       */
      dataDigest: string;
      startedAt: string;
      progress: {
        done: number;
        count: number;
      };
      /**
       * Pictures that could not be read; they are not counted.
       */
      skipped: {
        count: number;
        /**
         * The first few.
         */
        examples: {
          name: string;
          reason: string;
        }[];
      };
      endedAt: string;
      status: 'done';
      result: {
        precisionAt1: number;
        count: number;
        /**
         * 95 % Wilson interval of precisionAt1.
         *
         * @minItems 2
         * @maxItems 2
         */
        interval: [number, number];
        top5: number;
        imagesPerSecond: number;
        perClass: {
          label: string;
          count: number;
          correct: number;
          recall: number | null;
          precision: number | null;
        }[];
        /**
         * [label][predicted]
         */
        confusion: number[][];
      };
    };
export type ErrorCode =
  | 'ADDRESS_IN_USE'
  | 'API_KEY_MISSING'
  | 'API_KEY_REFUSED'
  | 'ARCHIVE_INVALID'
  | 'CHECKPOINT_CORRUPT'
  | 'CHECKPOINT_MISMATCH'
  | 'CHECKPOINT_NOT_FOUND'
  | 'CONFIG_INVALID'
  | 'DATASET_CHANGED'
  | 'DATASET_CORRUPT'
  | 'DATASET_MISMATCH'
  | 'DATASET_NOT_FOUND'
  | 'DATASET_TOO_LARGE'
  | 'DATASET_UNKNOWN'
  | 'DATASET_UNUSABLE'
  | 'DECODE_TIMEOUT'
  | 'DEVICE_UNAVAILABLE'
  | 'DOWNLOAD_CORRUPT'
  | 'DOWNLOAD_FAILED'
  | 'ENGINE_UNAVAILABLE'
  | 'EVALUATIONS_UNUSABLE'
  | 'EVALUATION_MISMATCH'
  | 'EVALUATION_NOT_FOUND'
  | 'EXPORT_ACCURACY'
  | 'EXPORT_CONFLICT'
  | 'EXPORT_PARITY'
  | 'EXPORT_UNWRITABLE'
  | 'FILE_NOT_FOUND'
  | 'IMAGE_MISSING'
  | 'IMAGE_TOO_LARGE'
  | 'IMAGE_UNDECODABLE'
  | 'INTERNAL'
  | 'METHOD_NOT_ALLOWED'
  | 'MODEL_CONTROL_OFF'
  | 'MODEL_INVALID'
  | 'MODEL_NOT_FOUND'
  | 'MODEL_NOT_KILN'
  | 'MODEL_NOT_SERVED'
  | 'NETWORK_UNKNOWN'
  | 'NOT_READY'
  | 'OPERATOR_UNSUPPORTED'
  | 'OPTION_INVALID'
  | 'ORIGIN_REFUSED'
  | 'PAGE_NOT_FOUND'
  | 'PART_INVALID'
  | 'PICTURE_NOT_FOUND'
  | 'PICTURE_NOT_KEPT'
  | 'QUEUE_FULL'
  | 'QUEUE_TIMEOUT'
  | 'RATE_LIMITED'
  | 'RECIPE_UNKNOWN'
  | 'REQUEST_INVALID'
  | 'REQUEST_TIMEOUT'
  | 'REQUEST_TOO_LARGE'
  | 'ROUTE_NOT_FOUND'
  | 'RUN_BUSY'
  | 'RUN_NOT_FOUND'
  | 'RUN_UNWRITABLE'
  | 'SERVICE_UNUSABLE'
  | 'SETUP_CONFLICT'
  | 'SETUP_UNSUPPORTED'
  | 'SETUP_UNWRITABLE'
  | 'SHAPE_MISMATCH'
  | 'SHUTTING_DOWN'
  | 'TOWER_LOST'
  | 'TRACING_UNAVAILABLE'
  | 'TRAINING_DIVERGED'
  | 'UNSUPPORTED_IMAGE'
  | 'UNSUPPORTED_MEDIA_TYPE'
  | 'WORKER_FAILED';
export type EvaluationSummary =
  | {
      id: string;
      model: {
        name: string;
        version: string;
        digest: string;
      };
      source: 'dataset' | 'archive';
      /**
       * The dataset’s name, or the archive’s.
       */
      dataset: string;
      /**
       * null for an archive
       */
      split: ('train' | 'validation' | 'train+validation' | 'test') | null;
      /**
       * sha256 of the dataset, or of the archive.
       */
      dataDigest: string;
      startedAt: string;
      progress: {
        done: number;
        count: number;
      };
      /**
       * Pictures that could not be read; they are not counted.
       */
      skipped: {
        count: number;
        /**
         * The first few.
         */
        examples: {
          name: string;
          reason: string;
        }[];
      };
      status: 'running';
    }
  | {
      id: string;
      model: {
        name: string;
        version: string;
        digest: string;
      };
      source: 'dataset' | 'archive';
      /**
       * The dataset’s name, or the archive’s.
       */
      dataset: string;
      /**
       * null for an archive
       */
      split: ('train' | 'validation' | 'train+validation' | 'test') | null;
      /**
       * sha256 of the dataset, or of the archive.
       */
      dataDigest: string;
      startedAt: string;
      progress: {
        done: number;
        count: number;
      };
      /**
       * Pictures that could not be read; they are not counted.
       */
      skipped: {
        count: number;
        /**
         * The first few.
         */
        examples: {
          name: string;
          reason: string;
        }[];
      };
      endedAt: string;
      status: 'failed';
      error: {
        code: ErrorCode;
        /**
         * One sentence: what went wrong.
         */
        message: string;
        expected: string;
        received: string;
      };
    }
  | {
      id: string;
      model: {
        name: string;
        version: string;
        digest: string;
      };
      source: 'dataset' | 'archive';
      /**
       * The dataset’s name, or the archive’s.
       */
      dataset: string;
      /**
       * null for an archive
       */
      split: ('train' | 'validation' | 'train+validation' | 'test') | null;
      /**
       * sha256 of the dataset, or of the archive.
       */
      dataDigest: string;
      startedAt: string;
      progress: {
        done: number;
        count: number;
      };
      /**
       * Pictures that could not be read; they are not counted.
       */
      skipped: {
        count: number;
        /**
         * The first few.
         */
        examples: {
          name: string;
          reason: string;
        }[];
      };
      endedAt: string;
      status: 'cancelled';
    }
  | {
      id: string;
      model: {
        name: string;
        version: string;
        digest: string;
      };
      source: 'dataset' | 'archive';
      /**
       * The dataset’s name, or the archive’s.
       */
      dataset: string;
      /**
       * null for an archive
       */
      split: ('train' | 'validation' | 'train+validation' | 'test') | null;
      /**
       * sha256 of the dataset, or of the archive.
       */
      dataDigest: string;
      startedAt: string;
      progress: {
        done: number;
        count: number;
      };
      /**
       * Pictures that could not be read; they are not counted.
       */
      skipped: {
        count: number;
        /**
         * The first few.
         */
        examples: {
          name: string;
          reason: string;
        }[];
      };
      endedAt: string;
      status: 'interrupted';
    }
  | {
      id: string;
      model: {
        name: string;
        version: string;
        digest: string;
      };
      source: 'dataset' | 'archive';
      /**
       * The dataset’s name, or the archive’s.
       */
      dataset: string;
      /**
       * null for an archive
       */
      split: ('train' | 'validation' | 'train+validation' | 'test') | null;
      /**
       * sha256 of the dataset, or of the archive.
       */
      dataDigest: string;
      startedAt: string;
      progress: {
        done: number;
        count: number;
      };
      /**
       * Pictures that could not be read; they are not counted.
       */
      skipped: {
        count: number;
        /**
         * The first few.
         */
        examples: {
          name: string;
          reason: string;
        }[];
      };
      endedAt: string;
      status: 'done';
      result: {
        precisionAt1: number;
        count: number;
        /**
         * 95 % Wilson interval of precisionAt1.
         *
         * @minItems 2
         * @maxItems 2
         */
        interval: [number, number];
        top5: number;
        imagesPerSecond: number;
      };
    };
export type EvaluationList = EvaluationSummary[];

export interface Api {
  'POST /classify': {
    query: {
      /**
       * The name by which it is served.
       */
      model?: string;
      version?: string;
      /**
       * How many labels of each picture; 5 unless there are fewer.
       */
      top?: number;
    };
    answer: Classification;
    refusal:
      | 'DECODE_TIMEOUT'
      | 'IMAGE_MISSING'
      | 'IMAGE_TOO_LARGE'
      | 'IMAGE_UNDECODABLE'
      | 'INTERNAL'
      | 'MODEL_NOT_SERVED'
      | 'NOT_READY'
      | 'ORIGIN_REFUSED'
      | 'QUEUE_FULL'
      | 'QUEUE_TIMEOUT'
      | 'REQUEST_INVALID'
      | 'REQUEST_TOO_LARGE'
      | 'SHUTTING_DOWN'
      | 'UNSUPPORTED_IMAGE'
      | 'UNSUPPORTED_MEDIA_TYPE'
      | 'WORKER_FAILED';
  };
  'GET /models': {
    answer: ModelList;
    refusal: 'INTERNAL' | 'REQUEST_INVALID' | 'SHUTTING_DOWN';
  };
  'GET /model': {
    query: {
      /**
       * The name by which it is served.
       */
      model?: string;
      version?: string;
    };
    answer: ModelCard;
    refusal: 'INTERNAL' | 'MODEL_NOT_SERVED' | 'NOT_READY' | 'REQUEST_INVALID' | 'SHUTTING_DOWN';
  };
  'GET /model/file': {
    query: {
      /**
       * The name by which it is served.
       */
      model?: string;
      version?: string;
      /**
       * sha256 that the file must have.
       */
      digest?: string;
    };
    refusal: 'INTERNAL' | 'MODEL_NOT_SERVED' | 'NOT_READY' | 'REQUEST_INVALID' | 'SHUTTING_DOWN';
  };
  'POST /evaluations': {
    query: {
      /**
       * Default: the service’s.
       */
      model?: string;
      /**
       * Default: the highest.
       */
      version?: string;
      /**
       * Only so many pictures.
       */
      limit?: number;
      /**
       * What the archive is called.
       */
      name?: string;
    };
    body: {
      /**
       * cifar10, cifar100, cifar100-coarse, svhn, folder, shapes
       */
      dataset: string;
      split: 'train' | 'validation' | 'train+validation' | 'test';
      /**
       * Default: the service’s.
       */
      model?: string;
      /**
       * Default: the highest.
       */
      version?: string;
      /**
       * Only so many pictures.
       */
      limit?: number;
    };
    answer: Evaluation;
    refusal:
      | 'ARCHIVE_INVALID'
      | 'DATASET_CORRUPT'
      | 'DATASET_MISMATCH'
      | 'DATASET_NOT_FOUND'
      | 'DATASET_UNKNOWN'
      | 'INTERNAL'
      | 'MODEL_NOT_SERVED'
      | 'NOT_READY'
      | 'ORIGIN_REFUSED'
      | 'QUEUE_FULL'
      | 'REQUEST_INVALID'
      | 'REQUEST_TOO_LARGE'
      | 'SHUTTING_DOWN'
      | 'UNSUPPORTED_MEDIA_TYPE';
  };
  'GET /evaluations': {
    query: {
      model?: string;
      version?: string;
      dataset?: string;
      split?: 'train' | 'validation' | 'train+validation' | 'test';
      status?: 'running' | 'done' | 'failed' | 'cancelled' | 'interrupted';
      /**
       * Only those that began before the one with this id.
       */
      before?: string;
      limit?: number;
    };
    answer: EvaluationList;
    refusal: 'EVALUATION_NOT_FOUND' | 'INTERNAL' | 'REQUEST_INVALID' | 'SHUTTING_DOWN';
  };
  'GET /evaluations/{id}': {
    answer: Evaluation;
    refusal: 'EVALUATION_NOT_FOUND' | 'INTERNAL' | 'REQUEST_INVALID' | 'SHUTTING_DOWN';
  };
  'GET /evaluations/{id}/events': {
    refusal: 'EVALUATION_NOT_FOUND' | 'INTERNAL' | 'REQUEST_INVALID' | 'SHUTTING_DOWN';
  };
  'GET /evaluations/{id}/pictures': {
    query: {
      /**
       * Only pictures with this label.
       */
      true?: string;
      /**
       * Only pictures that were taken for this label.
       */
      predicted?: string;
      /**
       * Only wrong answers, or only right ones.
       */
      wrong?: boolean;
      /**
       * By the probability of the answer, falling or rising; or as the data has them.
       */
      order?: 'confident' | 'unsure' | 'dataset';
      limit?: number;
      /**
       * So many are passed over.
       */
      offset?: number;
    };
    answer: PictureList;
    refusal:
      | 'EVALUATION_MISMATCH'
      | 'EVALUATION_NOT_FOUND'
      | 'INTERNAL'
      | 'REQUEST_INVALID'
      | 'SHUTTING_DOWN';
  };
  'GET /evaluations/{id}/pictures/{index}': {
    refusal:
      | 'DATASET_CHANGED'
      | 'DATASET_CORRUPT'
      | 'DATASET_NOT_FOUND'
      | 'EVALUATION_MISMATCH'
      | 'EVALUATION_NOT_FOUND'
      | 'INTERNAL'
      | 'PICTURE_NOT_FOUND'
      | 'PICTURE_NOT_KEPT'
      | 'REQUEST_INVALID'
      | 'SHUTTING_DOWN';
  };
  'DELETE /evaluations/{id}': {
    answer: Evaluation;
    refusal: 'EVALUATION_NOT_FOUND' | 'INTERNAL' | 'ORIGIN_REFUSED' | 'REQUEST_INVALID' | 'SHUTTING_DOWN';
  };
  'GET /evaluations/compare': {
    query: {
      /**
       * Two to eight ids with commas between; the first is the base.
       */
      ids: string;
    };
    answer: Comparison;
    refusal:
      | 'EVALUATION_MISMATCH'
      | 'EVALUATION_NOT_FOUND'
      | 'INTERNAL'
      | 'REQUEST_INVALID'
      | 'SHUTTING_DOWN';
  };
  'GET /statistics': {
    query: {
      /**
       * The name by which it is served.
       */
      model?: string;
      version?: string;
    };
    answer: BatchStatistics;
    refusal: 'INTERNAL' | 'MODEL_NOT_SERVED' | 'NOT_READY' | 'REQUEST_INVALID' | 'SHUTTING_DOWN';
  };
  'GET /health/ready': {
    answer: Readiness;
    refusal: 'INTERNAL' | 'NOT_READY' | 'REQUEST_INVALID' | 'SHUTTING_DOWN';
  };
}
export interface Classification {
  model: {
    name: string;
    version: string;
    /**
     * sha256 of the ONNX file.
     */
    digest: string;
  };
  results: (
    | {
        /**
         * The file’s name; `image` for a raw body.
         */
        name: string;
        /**
         * The most probable first.
         */
        predictions: {
          label: string;
          index: number;
          probability: number;
        }[];
        timing: {
          /**
           * From admission until the run began, decoding apart.
           */
          queueMs: number;
          /**
           * From the file to the network’s frame.
           */
          decodeMs: number;
          /**
           * Of the run that the picture was part of.
           */
          inferenceMs: number;
        };
      }
    | {
        name: string;
        error: {
          code:
            | 'IMAGE_UNDECODABLE'
            | 'DECODE_TIMEOUT'
            | 'IMAGE_TOO_LARGE'
            | 'UNSUPPORTED_IMAGE'
            | 'REQUEST_TOO_LARGE'
            | 'WORKER_FAILED'
            | 'INTERNAL';
          /**
           * One sentence: what went wrong.
           */
          message: string;
          expected: string;
          received: string;
        };
      }
  )[];
}
export interface ModelList {
  /**
   * The model of requests that name none.
   */
  default: null | string;
  models: {
    /**
     * The name by which it is served.
     */
    name: string;
    version: string;
    state: 'ready' | 'refused';
    /**
     * sha256 of the file that answers.
     */
    digest: null | string;
    provider: null | string;
    loadedAt: null | string;
    /**
     * Why the newest file was refused.
     */
    problem: null | {
      code:
        | 'MODEL_INVALID'
        | 'MODEL_NOT_KILN'
        | 'MODEL_NOT_FOUND'
        | 'DEVICE_UNAVAILABLE'
        | 'WORKER_FAILED'
        | 'SHUTTING_DOWN'
        | 'INTERNAL';
      /**
       * One sentence: what went wrong.
       */
      message: string;
      expected: string;
      received: string;
    };
  }[];
}
export interface ModelCard {
  /**
   * The name by which it is served.
   */
  name: string;
  version: string;
  loadedAt: string;
  /**
   * sha256 of the ONNX file.
   */
  digest: string;
  /**
   * Size of the ONNX file.
   */
  bytes: number;
  metadata: {
    format: 1;
    name: string;
    /**
     * @minItems 2
     */
    labels: [string, string, ...string[]];
    frame: {
      height: number;
      width: number;
      rule: 'oriented, sRGB, over white, centre square, area down, bilinear up';
    };
    network: {
      name: string;
      parameters: number;
      multiplyAdds: number;
    };
    preprocessing: {
      crop: {
        height: number;
        width: number;
      };
      normalise:
        | 'per-image-standardisation'
        | {
            /**
             * @minItems 3
             * @maxItems 3
             */
            mean: [number, number, number];
            /**
             * @minItems 3
             * @maxItems 3
             */
            std: [number, number, number];
          };
    };
    dataset: {
      name: string;
      digest: string;
      trainedOn: string;
      count: number;
    };
    training: {
      recipe: string;
      steps: number;
      epochs: number;
      batch: number;
      seed: number;
      weights: 'ema' | 'raw';
      command: string;
      seconds: number | null;
      machine: string;
    };
    producer: {
      version: string;
      commit: string;
    };
    views?: number;
    precision?: {
      kind: 'fp16' | 'int8';
      source: {
        digest: string;
        bytes: number;
        precisionAt1: number | null;
      };
      comparison: null | {
        split: string;
        count: number;
        precisionAt1: number;
        sourcePrecisionAt1: number;
        agreement: number;
      };
      latency: {
        milliseconds: number;
        sourceMilliseconds: number;
        machine: string;
      };
    };
    evaluation: null | {
      split: string;
      count: number;
      precisionAt1: number;
      /**
       * @minItems 2
       * @maxItems 2
       */
      interval: [number, number];
      top5: number;
      rawPrecisionAt1: number;
    };
  };
  runtime: {
    /**
     * The execution provider that runs the model.
     */
    provider: string;
    /**
     * Items: What was tried before it.
     */
    failed: {
      provider: string;
      reason: string;
    }[];
    workers: number;
    threadsPerWorker: number;
    replacedWorkers: number;
  };
  batching: {
    maxBatch: number;
    maxDelayMs: number;
    queueRows: number;
    deadlineMs: number;
  };
  limits: {
    fileBytes: number;
    files: number;
    requestBytes: number;
    totalBytes: number;
    maxPixels: number;
    archiveBytes: number;
    receiveMs: number;
    decodeMs: number;
  };
}
export interface PictureList {
  /**
   * Pictures that are asked for, on all pages.
   */
  count: number;
  /**
   * `dataset` in evaluations that have no probabilities, whatever was asked for.
   */
  order: 'confident' | 'unsure' | 'dataset';
  pictures: {
    /**
     * Its place among the evaluation’s pictures.
     */
    index: number;
    /**
     * Its file in the archive or folder; null where pictures are no files.
     */
    name: string | null;
    /**
     * Its label.
     */
    true: string;
    /**
     * null where the model’s answer was not finite.
     */
    predicted: string | null;
    /**
     * null in evaluations of an earlier kiln, which did not keep them.
     */
    probability: {
      /**
       * Of its label.
       */
      true: number | null;
      /**
       * Of the predicted label.
       */
      predicted: number | null;
    };
    /**
     * Whether the picture can be had: of an archive some are kept; of a dataset all are read again, as long as it is there.
     */
    available: boolean;
  }[];
}
export interface Comparison {
  /**
   * The first is what the others are held against.
   */
  evaluations: EvaluationSummary[];
  comparisons: (
    | {
        kind: 'paired';
        id: string;
        /**
         * precisionAt1 less the first evaluation’s.
         */
        difference: number;
        /**
         * 95 % interval of the difference.
         *
         * @minItems 2
         * @maxItems 2
         */
        interval: [number, number];
        perClass: {
          label: string;
          /**
           * Of recall; null without pictures.
           */
          difference: number | null;
          interval: [number, number] | null;
        }[];
        pictures: {
          both: number;
          onlyThis: number;
          onlyFirst: number;
          neither: number;
        };
        test: {
          method: string;
          pValue: number;
        };
      }
    | {
        kind: 'unpaired';
        id: string;
        /**
         * precisionAt1 less the first evaluation’s.
         */
        difference: number;
        /**
         * 95 % interval of the difference.
         *
         * @minItems 2
         * @maxItems 2
         */
        interval: [number, number];
        perClass: {
          label: string;
          /**
           * Of recall; null without pictures.
           */
          difference: number | null;
          interval: [number, number] | null;
        }[];
      }
  )[];
}
export interface BatchStatistics {
  /**
   * Runs of the model for requests.
   */
  batches: number;
  /**
   * Pictures in those runs.
   */
  rows: number;
  /**
   * rows / batches.
   */
  meanBatch: number;
  /**
   * sizes[n]: how many runs had n pictures.
   */
  sizes: number[];
  /**
   * Runs for evaluations.
   */
  background: {
    batches: number;
    rows: number;
  };
  /**
   * Requests that found the queue full.
   */
  refused: number;
  /**
   * Requests that waited too long.
   */
  expired: number;
  /**
   * Requests whose client left before they ran.
   */
  abandoned: number;
  /**
   * Pictures that wait now, decoding included.
   */
  waitingRows: number;
  /**
   * Runs under way now.
   */
  runningBatches: number;
}
export interface Readiness {
  status: 'ready';
}
