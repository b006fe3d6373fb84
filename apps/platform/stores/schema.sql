-- On each server that may have buckets, beside them: what it knows of each. It refuses whatever is asked of one that it does not own.
CREATE TABLE IF NOT EXISTS buckets (
  bucket      CHAR(2)      CHARACTER SET ascii COLLATE ascii_bin NOT NULL PRIMARY KEY,
  -- owner or fenced (no writes now) where it is this server's; elsewhere or moved where it is not; copying or ready while it comes here
  state       VARCHAR(10)  CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  -- Grows with each change of the owner: of two that say they own it, the later one does.
  epoch       INT UNSIGNED NOT NULL,
  -- Who owns it as of that epoch, as far as this server has heard.
  server      VARCHAR(64)  CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  -- Of who is moving it now, and until when.
  token       VARCHAR(40)  CHARACTER SET ascii COLLATE ascii_bin NULL,
  lease_until DATETIME(3)  NULL
);

-- And where the servers of the store are, so that whoever knows one of them finds those that were added since. All rows of a list have its
-- version: of two lists the later one counts.
CREATE TABLE IF NOT EXISTS servers (
  name    VARCHAR(64)  CHARACTER SET ascii COLLATE ascii_bin NOT NULL PRIMARY KEY,
  -- By its name in buckets: the server itself, or what it is one of several servers of.
  shard   VARCHAR(64)  CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  host    VARCHAR(255) NOT NULL,
  port    INT UNSIGNED NOT NULL,
  version INT UNSIGNED NOT NULL
);
