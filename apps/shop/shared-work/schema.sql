-- Which copy of a service does the work that no request waits for.
CREATE TABLE IF NOT EXISTS work_leases (
  name       VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL PRIMARY KEY,
  holder     VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  held_until DATETIME(3) NOT NULL
);
