-- Who does what only one may do at a time. Who holds it later has a greater token: what asks for the token refuses who was stopped meanwhile.
CREATE TABLE IF NOT EXISTS leases (
  name    VARCHAR(64)     CHARACTER SET ascii COLLATE ascii_bin NOT NULL PRIMARY KEY,
  holder  VARCHAR(64)     CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  token   BIGINT UNSIGNED NOT NULL,
  ends_at DATETIME(3)     NOT NULL
);
