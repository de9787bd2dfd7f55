-- Tokens that were used, by the hash of agency and jti, so that no instance
-- takes one a second time (intake/token_seen.h). Nothing else of a token is
-- kept; a row is dropped when its token would be refused for its age.
CREATE TABLE token_seen (
    jti_hash uuid PRIMARY KEY,
    expires_at timestamptz NOT NULL
);
CREATE INDEX token_seen_expires ON token_seen (expires_at);
