-- One row: what the demo data was when it was put in.
CREATE TABLE IF NOT EXISTS seeds (
  id        TINYINT     NOT NULL PRIMARY KEY,
  products  INT         NOT NULL,
  users     INT         NOT NULL,
  -- SHA-256 of all rows, read back from the database.
  checksum  CHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  seeded_at DATETIME(3) NOT NULL
);
