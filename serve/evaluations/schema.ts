/** Each takes the database from the version of its index to the next; none that was released ever changes. */
export const migrations: readonly string[] = [
  `CREATE TABLE evaluations (
    place INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    model TEXT NOT NULL,
    version TEXT NOT NULL,
    digest TEXT NOT NULL,               -- sha256 of the model's file
    source TEXT NOT NULL CHECK (source IN ('dataset', 'archive')),
    dataset TEXT NOT NULL,              -- the dataset's name, or the archive's
    split TEXT,                         -- NULL for an archive
    data_digest TEXT NOT NULL,          -- sha256 of the dataset, or of the archive
    total INTEGER NOT NULL,             -- pictures to count
    started_at TEXT NOT NULL,           -- ISO 8601, UTC
    ended_at TEXT,
    status TEXT NOT NULL CHECK (status IN ('running', 'done', 'failed', 'cancelled', 'interrupted')),
    done INTEGER NOT NULL DEFAULT 0,    -- pictures counted or skipped
    skipped INTEGER NOT NULL DEFAULT 0,
    skipped_examples TEXT NOT NULL DEFAULT '[]', -- JSON
    error TEXT,                         -- JSON
    count INTEGER,
    correct INTEGER,
    precision_at_1 REAL,
    interval_low REAL,
    interval_high REAL,
    top5 REAL,
    images_per_second REAL,
    per_class TEXT,                     -- JSON
    confusion TEXT,                     -- JSON [label][predicted]
    answers BLOB                        -- answers.ts
  );
  CREATE INDEX evaluations_by_model ON evaluations (model, version);
  CREATE INDEX evaluations_by_dataset ON evaluations (dataset, split);`,
  `ALTER TABLE evaluations ADD COLUMN probabilities BLOB;  -- answers.ts; NULL: none were kept
  ALTER TABLE evaluations ADD COLUMN names BLOB;          -- JSON, one a picture, deflated; NULL: they have none
  ALTER TABLE evaluations ADD COLUMN frame_height INTEGER;
  CREATE TABLE evaluation_pictures (
    evaluation TEXT NOT NULL REFERENCES evaluations (id) ON DELETE CASCADE,
    place INTEGER NOT NULL,             -- among the pictures of the evaluation
    png BLOB NOT NULL,
    PRIMARY KEY (evaluation, place)
  );`,
];
