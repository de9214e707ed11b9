-- Placet, schema version 1. One text for SQLite and PostgreSQL: on PostgreSQL `blob` is read as
-- `bytea`, `integer` as `bigint`, `real` as `double precision`, and `strict` is left out.
-- Times are microseconds since 1970 (UTC); ids are 16 bytes; JSON is canonical text.
-- `sealed` columns hold AES-256-GCM under the person's own key. `without rowid` (SQLite only)
-- keeps a table in its key's own tree: one tree less for each row that an import adds.

-- One row: which database this is, and by what to know its keys.
create table instance (
    id        text not null primary key,
    key_check text not null
) strict;

create table settings (
    name        text    not null primary key,
    value       text    not null,
    changed_at  integer not null,
    changed_by  text    not null
) strict;

-- Operators -----------------------------------------------------------------------------------

create table operators (
    id            blob    not null primary key,
    login         text    not null unique,
    name          text    not null,
    password_hash text    not null,
    created_at    integer not null,
    disabled_at   integer
) strict;

create table operator_roles (
    operator_id blob    not null references operators (id),
    role        text    not null,
    granted_at  integer not null,
    primary key (operator_id, role)
) strict;

-- `secret` signs the forms of a session and the minute it was last used, which the cookie carries:
-- reading a page writes nothing.
create table sessions (
    token_hash  blob    not null primary key,
    operator_id blob    not null references operators (id),
    secret      blob    not null,
    created_at  integer not null,
    expires_at  integer not null
) strict;
create index sessions_by_operator on sessions (operator_id);

-- Keyed hash of the login as typed, whether or not such an operator exists.
create table sign_in_throttles (
    login_hash   blob    not null primary key,
    n_failures   integer not null,
    locked_until integer not null,
    changed_at   integer not null
) strict;

create table api_tokens (
    id          blob    not null primary key,
    operator_id blob    not null references operators (id),
    name        text    not null,
    token_hash  blob    not null unique,
    scopes      text    not null,
    created_at  integer not null,
    expires_at  integer not null,
    revoked_at  integer
) strict;

-- Begun before the act (status 0) and filled in after it: a request that broke off in between is
-- never done twice.
create table idempotency_keys (
    key_hash   blob    not null primary key,
    request    blob    not null,
    status     integer not null,
    response   text    not null,
    created_at integer not null
) strict;

-- People --------------------------------------------------------------------------------------

-- One random key per person, wrapped by the master key. Destroying it erases the person.
create table person_keys (
    person_id    blob    not null primary key,
    wrapped      blob,
    created_at   integer not null,
    destroyed_at integer
) strict, without rowid;

create table people (
    id           blob    not null primary key,
    source       text    not null,
    source_ref   blob    not null,
    content_hash blob    not null,
    relationship text    not null,
    residence    text,
    time_zone    text,
    deceased_on  text,
    flags        text    not null,
    sealed       blob    not null,
    created_at   integer not null,
    updated_at   integer not null,
    unique (source, source_ref)
) strict, without rowid;

-- Keyed hashes of the words and dates by which a person is looked up.
create table person_lookups (
    lookup    blob not null,
    person_id blob not null references people (id),
    primary key (lookup, person_id)
) strict, without rowid;

create table contact_points (
    id          blob    not null primary key,
    person_id   blob    not null references people (id),
    channel     text    not null,
    lookup      blob    not null,
    sealed      blob    not null,
    origin      text    not null,
    created_at  integer not null,
    replaced_at integer
) strict, without rowid;
create index contact_points_by_person on contact_points (person_id, channel);
create index contact_points_by_lookup on contact_points (lookup);

create table appointments (
    id         blob    not null primary key,
    person_id  blob    not null references people (id),
    source_ref blob    not null unique,
    starts_at  integer not null,
    status     text    not null,
    sealed     blob    not null,
    created_at integer not null,
    updated_at integer not null
) strict;
create index appointments_by_person on appointments (person_id, starts_at);
create index appointments_by_start on appointments (starts_at);

create table imports (
    id          blob    not null primary key,
    source      text    not null,
    format      text    not null,
    flow        text    not null,
    started_at  integer not null,
    finished_at integer,
    report      text    not null,
    started_by  text    not null
) strict;

-- Append-only: two records of a source that are one person. What arrives for the retired one is
-- the survivor's; a parting ends that.
create table person_joins (
    id          blob    not null primary key,
    survivor_id blob    not null references people (id),
    retired_id  blob    not null references people (id),
    joined_at   integer not null,
    joined_by   text    not null
) strict;
create index person_joins_by_retired on person_joins (retired_id, joined_at);

create table person_partings (
    join_id   blob    not null primary key references person_joins (id),
    parted_at integer not null,
    parted_by text    not null
) strict;

-- Messages taken over the wire, by keyed hash of who sent them and under which number: the same
-- bytes a second time are acknowledged and have no second effect.
create table taken_messages (
    number       blob    not null,
    content_hash blob    not null,
    taken_at     integer not null,
    primary key (number, content_hash)
) strict;
create index taken_messages_by_time on taken_messages (taken_at);

-- Permissions ---------------------------------------------------------------------------------

create table wordings (
    id         blob    not null primary key,
    code       text    not null,
    version    integer not null,
    language   text    not null,
    kind       text    not null,
    title      text    not null,
    text       text    not null,
    text_hash  blob    not null,
    created_at integer not null,
    unique (code, version, language)
) strict;

-- Append-only. An instrument is granted once; what ends it is a row in instrument_revocations.
create table instruments (
    id          blob    not null primary key,
    person_id   blob    not null references people (id),
    kind        text    not null,
    wording_id  blob    references wordings (id),
    channel     text,
    topic       text,
    scope       text    not null,
    signed_at   integer not null,
    expires_on  text,
    method      text    not null,
    defects     text    not null,
    evidence    text    not null,
    sealed      blob,
    recorded_at integer not null,
    recorded_by text    not null
) strict;
create index instruments_by_person on instruments (person_id);

create table instrument_revocations (
    instrument_id blob    not null primary key references instruments (id),
    revoked_at    integer not null,
    method        text    not null,
    recorded_at   integer not null,
    recorded_by   text    not null
) strict;

-- Append-only: what a person asked for or refused; lifting one is a row of its own.
create table preferences (
    id          blob    not null primary key,
    person_id   blob    not null references people (id),
    kind        text    not null,
    channel     text,
    topic       text,
    wording_id  blob    references wordings (id),
    asked_at    integer not null,
    method      text    not null,
    evidence    text    not null,
    recorded_at integer not null,
    recorded_by text    not null
) strict;
create index preferences_by_person on preferences (person_id);

create table preference_lifts (
    preference_id blob    not null primary key references preferences (id),
    acted_at      integer not null,
    lifted_at     integer not null,
    method        text    not null,
    evidence      text    not null,
    recorded_by   text    not null
) strict;

-- Append-only, by keyed hash of the address: it outlives the person and every import.
create table suppressions (
    id        blob    not null primary key,
    lookup    blob    not null,
    channel   text    not null,
    cause     text    not null,
    placed_at integer not null,
    placed_by text    not null
) strict;
create index suppressions_by_lookup on suppressions (lookup);

create table suppression_lifts (
    suppression_id blob    not null primary key references suppressions (id),
    lifted_at      integer not null,
    reason         text    not null,
    lifted_by      text    not null
) strict;

-- What came back of what was sent. Append-only; the words of a report are not kept, only what it
-- says (`kind`) and what it changed (`effect`). The same report twice is one, by its hash.
create table reports (
    id           blob    not null primary key,
    kind         text    not null,
    delivery_id  blob,
    campaign_id  blob,
    status       text,
    door         text    not null,
    content_hash blob    not null unique,
    effect       text    not null,
    recorded_at  integer not null,
    recorded_by  text    not null
) strict;
create index reports_by_campaign on reports (campaign_id, kind);
create index reports_by_time on reports (recorded_at);

-- Keys that sign our mail. Append-only, like their turns; `sealed` is the secret half under the
-- master key, `public` is what stands in the domain's record.
create table signing_keys (
    id        blob    not null primary key,
    domain    text    not null,
    selector  text    not null,
    algorithm text    not null,
    public    text    not null,
    sealed    blob    not null,
    made_at   integer not null,
    made_by   text    not null
) strict;

create table signing_key_turns (
    key_id blob    not null references signing_keys (id),
    turn   text    not null,
    at     integer not null,
    by     text    not null,
    primary key (key_id, turn)
) strict;

-- Who asked for a fresh link to their page; a worker sends it to the address that is held.
create table link_requests (
    id               blob    not null primary key,
    person_id        blob    not null references people (id),
    contact_point_id blob    not null references contact_points (id),
    asked_at         integer not null,
    settled_at       integer
) strict;
create index link_requests_by_person on link_requests (person_id, asked_at);

-- Content -------------------------------------------------------------------------------------

create table contents (
    id         blob    not null primary key,
    name       text    not null,
    created_at integer not null,
    created_by text    not null
) strict;

-- Append-only: an edit is a new version.
create table content_versions (
    id            blob    not null primary key,
    content_id    blob    not null references contents (id),
    number        integer not null,
    content_class text    not null,
    topic         text    not null,
    channel       text    not null,
    format        text    not null,
    subject       text    not null,
    preheader     text    not null,
    body          text    not null,
    text_body     text    not null,
    content_hash  blob    not null,
    created_at    integer not null,
    created_by    text    not null,
    unique (content_id, number)
) strict;

create table submissions (
    version_id    blob    not null primary key references content_versions (id),
    tier          text    not null,
    content_hash  blob    not null,
    -- The hash of each part, as JSON: what differs later can be named.
    parts         text    not null,
    -- Who must approve it, as the table stood then, as JSON; by which day; for how many days.
    approvers     text    not null,
    due_on        text    not null,
    valid_days    integer not null,
    -- What the check of the text found, as JSON, and the version of the rules it went by.
    findings      text    not null,
    finding_rules integer not null,
    submitted_at  integer not null,
    submitted_by  text    not null
) strict;

-- Append-only.
create table approvals (
    id           blob    not null primary key,
    version_id   blob    not null references content_versions (id),
    role         text    not null,
    verdict      text    not null,
    content_hash blob    not null,
    note         text    not null,
    given_at     integer not null,
    given_by     text    not null,
    unique (version_id, role)
) strict;

-- Append-only: a reviewer's word that an approved version still is right.
create table renewals (
    id           blob    not null primary key,
    version_id   blob    not null references content_versions (id),
    role         text    not null,
    content_hash blob    not null,
    given_at     integer not null,
    given_by     text    not null
) strict;
create index renewals_by_version on renewals (version_id);

-- Append-only: for which days an operator is away, and who of the same role stands in. An end
-- before its time is a row of its own.
create table absences (
    id          blob    not null primary key,
    operator_id blob    not null references operators (id),
    deputy_id   blob    not null references operators (id),
    from_on     text    not null,
    until_on    text    not null,
    created_at  integer not null,
    created_by  text    not null
) strict;

create table absence_ends (
    absence_id blob    not null primary key references absences (id),
    ended_at   integer not null,
    ended_by   text    not null
) strict;

-- Append-only: a version that is an approved template with its blanks filled in. It stands and
-- falls with the template's approval.
create table fillings (
    version_id    blob    not null primary key references content_versions (id),
    template_id   blob    not null references content_versions (id),
    template_hash blob    not null,
    -- What was typed into the blanks, as JSON.
    blanks        text    not null,
    filled_at     integer not null,
    filled_by     text    not null
) strict;
create index fillings_by_template on fillings (template_id);

-- Append-only: what may be claimed, on what evidence, until when; its approvals and the word that
-- takes it back are rows of their own. `recognised_by` is the sentence without small words.
create table claims (
    id            blob    not null primary key,
    claim         text    not null,
    recognised_by text    not null,
    evidence      text    not null,
    expires_on    text    not null,
    approvers     text    not null,
    proposed_at   integer not null,
    proposed_by   text    not null
) strict;
create index claims_by_words on claims (recognised_by);

create table claim_approvals (
    claim_id blob    not null references claims (id),
    role     text    not null,
    given_at integer not null,
    given_by text    not null,
    primary key (claim_id, role)
) strict;

create table claim_withdrawals (
    claim_id     blob    not null primary key references claims (id),
    withdrawn_at integer not null,
    withdrawn_by text    not null
) strict;

-- Append-only: a remark on a place of a text; that it is settled is a row of its own.
create table comments (
    id          blob    not null primary key,
    version_id  blob    not null references content_versions (id),
    field       text    not null,
    quote       text    not null,
    char_offset integer not null,
    remark      text    not null,
    created_at  integer not null,
    created_by  text    not null
) strict;
create index comments_by_version on comments (version_id);

create table comment_resolutions (
    comment_id  blob    not null primary key references comments (id),
    resolved_at integer not null,
    resolved_by text    not null
) strict;

-- Append-only: what an approval asks of later versions; lifting it is a row of its own.
create table conditions (
    id         blob    not null primary key,
    content_id blob    not null references contents (id),
    version_id blob    not null references content_versions (id),
    role       text    not null,
    demand     text    not null,
    words      text    not null,
    set_at     integer not null,
    set_by     text    not null
) strict;
create index conditions_by_content on conditions (content_id);

create table condition_lifts (
    condition_id blob    not null primary key references conditions (id),
    lifted_at    integer not null,
    lifted_by    text    not null
) strict;

-- Mail to operators ---------------------------------------------------------------------------
-- Apart from what people get, and nothing of any person is in it.

-- Where an operator is told things, and how often. An address counts once it is confirmed.
create table operator_mail (
    operator_id  blob    not null primary key references operators (id),
    address      text,
    confirmed_at integer,
    pace         text    not null,
    changed_at   integer not null
) strict;

-- pending, claimed, then sent, refused, unknown or dropped; the words follow from kind and notices.
create table staff_mails (
    id          blob    not null primary key,
    operator_id blob    not null references operators (id),
    kind        text    not null,
    version_id  blob    references content_versions (id),
    state       text    not null,
    made_at     integer not null,
    not_before  integer not null,
    n_tries     integer not null,
    claimed_at  integer,
    said        text    not null
) strict;
create index staff_mails_by_state on staff_mails (state, not_before);
create index staff_mails_by_operator on staff_mails (operator_id, kind, made_at);

-- Append-only: what somebody was told of a text, once each by its key. `role` is empty for what
-- came back to its writer.
create table notices (
    id          blob    not null primary key,
    operator_id blob    not null references operators (id),
    version_id  blob    not null references content_versions (id),
    kind        text    not null,
    role        text    not null,
    occasion    integer not null,
    mail_id     blob    not null references staff_mails (id),
    made_at     integer not null,
    unique (operator_id, version_id, kind, role, occasion)
) strict;
create index notices_by_mail on notices (mail_id);

-- Campaigns -----------------------------------------------------------------------------------

create table audiences (
    id         blob    not null primary key,
    name       text    not null,
    filter     text    not null,
    created_at integer not null,
    changed_at integer not null,
    changed_by text    not null
) strict;

create table campaigns (
    id           blob    not null primary key,
    name         text    not null,
    version_id   blob    not null references content_versions (id),
    audience_id  blob    not null references audiences (id),
    purpose      text    not null,
    remuneration text    not null,
    sender_name  text    not null,
    sender       text    not null,
    created_at   integer not null,
    created_by   text    not null
) strict;

-- A campaign is launched once; the waterfall of that moment stays with it.
create table campaign_launches (
    campaign_id  blob    not null primary key references campaigns (id),
    n_matched    integer not null,
    n_planned    integer not null,
    waterfall    text    not null,
    filter       text    not null,
    content_hash blob    not null,
    pack         text    not null,
    profile      text    not null,
    launched_at  integer not null,
    launched_by  text    not null
) strict;

-- Of a campaign, of a trigger, or of a journey.
create table campaign_holds (
    id          blob    not null primary key,
    campaign_id blob    not null,
    turn        integer not null,
    kind        text    not null,
    reason      text    not null,
    at          integer not null,
    by          text    not null,
    unique (campaign_id, turn)
) strict;

-- pending, claimed (or batched, of what is printed), then sent, failed, refused (the gate said no at the moment of sending) or
-- unknown (SMTP cannot tell). `answer` and `dialogue` are the carrier's words, without the
-- recipient's address. `campaign_id` names a campaign, a trigger, or a message of a journey; `occasion` the event that
-- the trigger answers (trigger_fires) or the passage through the journey, and is empty for a campaign, which sends to
-- nobody twice.
create table deliveries (
    id               blob    not null primary key,
    campaign_id      blob    not null,
    occasion         blob    not null,
    person_id        blob    not null references people (id),
    contact_point_id blob    not null references contact_points (id),
    state            text    not null,
    decision_id      blob,
    claimed_at       integer,
    claimed_by       blob,
    settled_at       integer,
    answer_code      integer,
    answer           text,
    dialogue         text,
    n_attempts       integer not null,
    not_before       integer not null,
    created_at       integer not null,
    unique (campaign_id, person_id, occasion)
) strict;
create index deliveries_by_state on deliveries (state, campaign_id, not_before, id);
create index deliveries_by_person on deliveries (person_id, claimed_at);

-- When and how fast a campaign goes out, and how many its maker expects. Append-only: the plan with
-- the highest turn counts (two may be of one instant). A confirmation is a second person's word on an unexpected size.
create table campaign_plans (
    id          blob    not null primary key,
    campaign_id blob    not null references campaigns (id),
    turn        integer not null,
    plan        text    not null,
    at          integer not null,
    by          text    not null,
    unique (campaign_id, turn)
) strict;

create table campaign_confirmations (
    id          blob    not null primary key,
    campaign_id blob    not null references campaigns (id),
    turn        integer not null,
    n           integer not null,
    at          integer not null,
    by          text    not null,
    unique (campaign_id, turn)
) strict;

-- Versions compared and people held out. Append-only: the last split counts, up to the launch;
-- groups are as large as they were then. A group's number: the version, or -1 for the held out.
create table campaign_splits (
    id          blob    not null primary key,
    campaign_id blob    not null references campaigns (id),
    turn        integer not null,
    split       text    not null,
    at          integer not null,
    by          text    not null,
    unique (campaign_id, turn)
) strict;

create table campaign_held_out (
    campaign_id blob not null references campaigns (id),
    person_id   blob not null references people (id),
    primary key (campaign_id, person_id)
) strict;

create table campaign_groups (
    campaign_id blob    not null references campaigns (id),
    number      integer not null,
    n           integer not null,
    primary key (campaign_id, number)
) strict;

create table campaign_outcomes (
    id          blob    not null primary key,
    campaign_id blob    not null references campaigns (id),
    turn        integer not null,
    number      integer not null,
    n           integer not null,
    at          integer not null,
    by          text    not null,
    unique (campaign_id, turn)
) strict;

-- Print runs. Append-only: pieces that are printed together, and what happened to them. `revision`
-- counts how often the batch was decided; `on_day` is when it was handed to the printer.
create table print_batches (
    id          blob    not null primary key,
    campaign_id blob    not null references campaigns (id),
    number      integer not null,
    code        text    not null unique,
    made_at     integer not null,
    made_by     text    not null,
    unique (campaign_id, number)
) strict;

create table print_batch_turns (
    id       blob    not null primary key,
    batch_id blob    not null references print_batches (id),
    turn     integer not null,
    kind     text    not null,
    revision integer not null,
    n_pieces integer not null,
    on_day   text,
    at       integer not null,
    by       text    not null,
    unique (batch_id, turn)
) strict;

-- Which delivery is which piece. A piece is taken out when its person may no longer be written to.
-- `sealed` holds address and words as they were decided, under the person's key.
create table print_pieces (
    batch_id    blob    not null references print_batches (id),
    number      integer not null,
    delivery_id blob    not null unique references deliveries (id),
    person_id   blob    not null references people (id),
    sealed      blob    not null,
    primary key (batch_id, number)
) strict;

-- Call lists: a person opened by a caller, and what came of it. One row a try; what ends it is written into it
-- once. `deliveries.claimed_at` stays null for a call: each try that rang counts for the caps, from here.
create table call_tries (
    id               blob    not null primary key,
    delivery_id      blob    not null references deliveries (id),
    campaign_id      blob    not null references campaigns (id),
    person_id        blob    not null references people (id),
    contact_point_id blob    not null references contact_points (id),
    opened_at        integer not null,
    opened_by        text    not null,
    decision_id      blob    not null,
    decided_at       integer not null,
    ended            text,
    ended_at         integer,
    ended_by         text
) strict;
create index call_tries_by_delivery on call_tries (delivery_id, opened_at);
create index call_tries_by_person on call_tries (person_id, opened_at);
create index call_tries_by_caller on call_tries (opened_by, opened_at);
create index call_tries_by_campaign on call_tries (campaign_id, ended);
-- Nobody is with two callers, whatever list they are on, and no caller holds two people.
create unique index call_tries_open_person on call_tries (person_id) where ended is null;
create unique index call_tries_open_caller on call_tries (opened_by) where ended is null;

-- When the next message of a campaign that keeps a pace is due.
create table campaign_paces (
    campaign_id blob    not null primary key references campaigns (id),
    next_at     integer not null
) strict;

-- Triggers ------------------------------------------------------------------------------------

-- Messages that go out by themselves when something happens. Deliveries, decisions and holds name
-- a trigger where they would name a campaign.
create table triggers (
    id         blob    not null primary key,
    name       text    not null unique,
    created_at integer not null,
    created_by text    not null
) strict;

-- Append-only: what is registered of a trigger, in versions. The newest approved one counts.
create table trigger_versions (
    id          blob    not null primary key,
    trigger_id  blob    not null references triggers (id),
    version     integer not null,
    channel     text    not null,
    declaration text    not null,
    hash        blob    not null,
    written_at  integer not null,
    written_by  blob,
    unique (trigger_id, version)
) strict;

-- Append-only: compliance's word that a version may fire, and with which content.
create table trigger_approvals (
    version_id   blob    not null primary key references trigger_versions (id),
    content_hash blob    not null,
    note         text    not null,
    approved_at  integer not null,
    approved_by  blob    not null
) strict;

-- Each event that a trigger took note of, once (`occasion` tells one from another): waiting until it
-- is due, then fired (a delivery of this occasion waits to be decided) or dropped, with the reason.
-- `trigger_id` names a trigger, or a journey that begins with an event (fired: the person entered).
create table trigger_fires (
    id             blob    not null primary key,
    trigger_id     blob    not null,
    occasion       blob    not null,
    event          text    not null,
    person_id      blob    not null references people (id),
    appointment_id blob,
    noted_at       integer not null,
    due_at         integer not null,
    ends_at        integer not null,
    state          text    not null,
    why            text,
    settled_at     integer,
    unique (trigger_id, occasion)
) strict;
create index trigger_fires_by_state on trigger_fires (trigger_id, state, due_at);
create index trigger_fires_by_time on trigger_fires (trigger_id, settled_at);
create index trigger_fires_by_appointment on trigger_fires (appointment_id)
    where appointment_id is not null;
create index trigger_fires_by_person on trigger_fires (person_id, event);

-- Journeys ------------------------------------------------------------------------------------

-- Several messages, waits, conditions and tasks, for each person at their own time.
create table journeys (
    id         blob    not null primary key,
    name       text    not null unique,
    created_at integer not null,
    created_by text    not null
) strict;

-- Append-only: what is registered of a journey, in versions. People enter under the newest started one and go on under
-- the one they entered under.
create table journey_versions (
    id          blob    not null primary key,
    journey_id  blob    not null references journeys (id),
    version     integer not null,
    declaration text    not null,
    hash        blob    not null,
    written_at  integer not null,
    written_by  blob,
    unique (journey_id, version)
) strict;

-- Append-only: the messages of a version. Deliveries and decisions name them where they would name a campaign.
create table journey_sends (
    id         blob    not null primary key,
    version_id blob    not null references journey_versions (id),
    step       integer not null,
    content_id blob    not null references content_versions (id),
    channel    text    not null,
    unique (version_id, step)
) strict;

-- Append-only: what a version would have done to past data.
create table journey_trials (
    id         blob    not null primary key,
    version_id blob    not null references journey_versions (id),
    trial      text    not null,
    tried_at   integer not null,
    tried_by   text    not null
) strict;
create index journey_trials_by_version on journey_trials (version_id, tried_at);

-- Append-only: the word of each role on a version, and the hash of what it read.
create table journey_words (
    version_id blob    not null references journey_versions (id),
    role       text    not null,
    said       text    not null,
    hash       blob    not null,
    note       text    not null,
    said_at    integer not null,
    said_by    blob    not null,
    primary key (version_id, role)
) strict;

-- Append-only: that somebody let a version begin.
create table journey_starts (
    version_id blob    not null primary key references journey_versions (id),
    n_counted  integer,
    started_at integer not null,
    started_by blob
) strict;

-- How far the people of an audience were let in.
create table journey_walks (
    version_id blob    not null primary key references journey_versions (id),
    last_id    blob    not null,
    is_done    integer not null
) strict;

-- A person's way through a journey, once for each person. `step` is where they are, from 0; each move
-- counts `turn` up. `delivery_id` is the message that is on its way while `state` is sending.
create table journey_passages (
    id             blob    not null primary key,
    journey_id     blob    not null references journeys (id),
    version_id     blob    not null references journey_versions (id),
    person_id      blob    not null references people (id),
    appointment_id blob,
    entered_at     integer not null,
    turn           integer not null,
    step           integer not null,
    state          text    not null,
    due_at         integer not null,
    delivery_id    blob,
    ending         text,
    ended_at       integer,
    unique (journey_id, person_id)
) strict;
create index journey_passages_by_state on journey_passages (journey_id, state, due_at);
create index journey_passages_by_step on journey_passages (version_id, state, step);
create index journey_passages_by_delivery on journey_passages (delivery_id)
    where delivery_id is not null;
create index journey_passages_by_time on journey_passages (journey_id, entered_at);

-- Append-only: what each step came to for each passage. `to_step` is where it went, none at the end.
create table journey_moves (
    passage_id blob    not null references journey_passages (id),
    turn       integer not null,
    version_id blob    not null references journey_versions (id),
    step       integer not null,
    outcome    text    not null,
    to_step    integer,
    at         integer not null,
    primary key (passage_id, turn)
) strict;
create index journey_moves_by_step on journey_moves (version_id, step, outcome, at);

-- Append-only: the rules that refused a message of a passage.
create table journey_refusals (
    passage_id blob    not null references journey_passages (id),
    turn       integer not null,
    version_id blob    not null references journey_versions (id),
    step       integer not null,
    rule       text    not null,
    primary key (passage_id, turn, rule)
) strict;
create index journey_refusals_by_step on journey_refusals (version_id, step, rule);

-- What somebody is to do for a passage. `sealed` is what they noted, under the person's key.
create table journey_tasks (
    passage_id blob    not null references journey_passages (id),
    step       integer not null,
    person_id  blob    not null references people (id),
    role       text    not null,
    made_at    integer not null,
    outcome    text,
    sealed     blob,
    done_at    integer,
    done_by    blob,
    primary key (passage_id, step)
) strict;
create index journey_tasks_by_role on journey_tasks (role, made_at) where done_at is null;

-- Sending -------------------------------------------------------------------------------------

-- Who sends: each act renews the lease. Claims of a worker whose lease ended become unknown.
create table workers (
    id         blob    not null primary key,
    started_at integer not null,
    renewed_at integer not null,
    lease_ends integer not null,
    ended_at   integer
) strict;

-- Append-only: the rules that decided, so that a decision can be taken again under them. `text` is
-- everything they were read from; `hash` its SHA-256, which each decision names.
create table rule_packs (
    hash    blob    not null primary key,
    id      text    not null,
    version text    not null,
    text    text    not null,
    kept_at integer not null,
    kept_by text    not null
) strict;

-- Append-only. `sealed` holds the hash of the answer and what was asked, under the person's key; its
-- own hash stands in the ledger entry of the decision.
create table decisions (
    id          blob    not null primary key,
    person_id   blob    not null,
    campaign_id blob,
    delivery_id blob,
    decided_at  integer not null,
    outcome     text    not null,
    category    text    not null,
    pack        text    not null,
    profile     text    not null,
    body_hash   blob    not null,
    sealed      blob    not null
) strict;
create index decisions_by_person on decisions (person_id, decided_at);

-- Append-only: what the gate answered, each answer once: most people of a campaign get the same.
-- It names rules and says nothing of a person; `hash` is its SHA-256, and which decision it belongs
-- to stands in that decision's sealed bytes alone.
create table decision_answers (
    hash   blob not null primary key,
    answer blob not null
) strict;

-- Data ----------------------------------------------------------------------------------------

-- Where data comes from, with an owner on either side.
create table data_sources (
    id              blob    not null primary key,
    code            text    not null unique,
    title           text    not null,
    it_owner        text    not null,
    marketing_owner text    not null,
    declared_at     integer not null,
    declared_by     text    not null
) strict;

-- Append-only: the elements of a source with their classes, in versions. A version counts when it
-- is signed, by somebody else than who wrote it.
create table data_classifications (
    id         blob    not null primary key,
    source_id  blob    not null references data_sources (id),
    version    integer not null,
    elements   text    not null,
    hash       blob    not null,
    written_at integer not null,
    written_by blob,
    unique (source_id, version)
) strict;

create table data_signatures (
    classification_id blob    not null primary key references data_classifications (id),
    note              text    not null,
    signed_at         integer not null,
    signed_by         blob    not null
) strict;

-- Append-only: what a table was found to hold. The table itself is not kept.
create table safe_harbor_checks (
    id         blob    not null primary key,
    title      text    not null,
    file_hash  blob    not null,
    row_count  integer not null,
    columns    integer not null,
    meets      integer not null,
    report     text    not null,
    checked_at integer not null,
    checked_by blob    not null
) strict;
create index safe_harbor_checks_by_time on safe_harbor_checks (checked_at, id);

create table safe_harbor_signatures (
    check_id  blob    not null primary key references safe_harbor_checks (id),
    signed_at integer not null,
    signed_by blob    not null
) strict;

-- Append-only: experts' determinations (45 CFR 164.514(b)(1)); taking one back is a row of its own.
create table determinations (
    id            blob    not null primary key,
    title         text    not null,
    expert        text    not null,
    qualification text    not null,
    scope         text    not null,
    opinion       text    not null,
    determined_on text    not null,
    expires_on    text    not null,
    recorded_at   integer not null,
    recorded_by   blob    not null
) strict;

create table determination_withdrawals (
    determination_id blob    not null primary key references determinations (id),
    reason           text    not null,
    withdrawn_at     integer not null,
    withdrawn_by     blob    not null
) strict;

-- Flows ---------------------------------------------------------------------------------------

-- Declared ways of data from a source to a destination.
create table flows (
    id         blob    not null primary key,
    name       text    not null unique,
    created_at integer not null,
    created_by text    not null
) strict;

-- Append-only: a flow's file in versions, with what it declares beside its allow-list. A version
-- lets data through when both sides agreed, nobody stopped it and its contract is in force.
create table flow_versions (
    id          blob    not null primary key,
    flow_id     blob    not null references flows (id),
    version     integer not null,
    source      text    not null,
    declaration text    not null,
    body        text    not null,
    hash        blob    not null,
    written_at  integer not null,
    written_by  blob,
    unique (flow_id, version)
) strict;

-- `agreed_by` is null for the flow that an installation begins with.
create table flow_agreements (
    version_id blob    not null references flow_versions (id),
    side       text    not null,
    note       text    not null,
    agreed_at  integer not null,
    agreed_by  blob,
    primary key (version_id, side)
) strict;

create table flow_stops (
    version_id blob    not null primary key references flow_versions (id),
    reason     text    not null,
    stopped_at integer not null,
    stopped_by blob    not null
) strict;

-- By which version of which flow an import let records in.
create table flow_imports (
    import_id  blob not null primary key references imports (id),
    version_id blob not null references flow_versions (id)
) strict;
create index flow_imports_by_version on flow_imports (version_id);

-- What a flow carried to a destination outside this store: counts and paths, never a value.
create table flow_runs (
    id          blob    not null primary key,
    version_id  blob    not null references flow_versions (id),
    started_at  integer not null,
    started_by  text    not null,
    finished_at integer,
    report      text    not null
) strict;
create index flow_runs_by_version on flow_runs (version_id, started_at);

-- How often a flow dropped something on a day, by the path or rule it was dropped for.
create table flow_drops (
    flow_id blob    not null references flows (id),
    on_day  text    not null,
    path    text    not null,
    n       integer not null,
    primary key (flow_id, on_day, path)
) strict;

-- FHIR servers --------------------------------------------------------------------------------

-- Servers that records are fetched from; what changed in a setup stands in the ledger.
create table fhir_servers (
    id          blob    not null primary key,
    name        text    not null unique,
    setup       text    not null,
    declared_at integer not null,
    declared_by text    not null
) strict;

-- Append-only: keys by which we say there who we are. The public half is a JSON Web Key, the
-- secret one PKCS #8, sealed.
create table fhir_keys (
    id        blob    not null primary key,
    server_id blob    not null references fhir_servers (id),
    algorithm text    not null,
    public    text    not null,
    sealed    blob    not null,
    made_at   integer not null,
    made_by   text    not null
) strict;
create index fhir_keys_by_server on fhir_keys (server_id, made_at);

create table fhir_key_turns (
    key_id blob    not null references fhir_keys (id),
    turn   text    not null,
    at     integer not null,
    by     text    not null,
    primary key (key_id, turn)
) strict;

-- One export of a server. Its address there is sealed: for some servers it is all that one needs.
create table fhir_fetches (
    id          blob    not null primary key,
    server_id   blob    not null references fhir_servers (id),
    version_id  blob    not null references flow_versions (id),
    stage       text    not null,
    scope       text    not null,
    since       integer,
    asked_at    integer not null,
    asked_by    text    not null,
    status_url  blob,
    taken_as_of integer,
    next_at     integer not null,
    n_tries     integer not null,
    says        text    not null,
    held_until  integer,
    over_at     integer
) strict;
create index fhir_fetches_by_server on fhir_fetches (server_id, asked_at);
create index fhir_fetches_open on fhir_fetches (next_at) where over_at is null;

create table fhir_fetch_files (
    fetch_id    blob    not null references fhir_fetches (id),
    n           integer not null,
    kind        text    not null,
    holds       text    not null,
    url         blob    not null,
    wants_token integer not null,
    n_said      integer,
    import_id   blob references imports (id),
    taken_at    integer,
    found       text    not null,
    primary key (fetch_id, n)
) strict;

-- Measurement ---------------------------------------------------------------------------------

-- Tables of counts and money, never of people. `sealed` holds the CSV under the master key,
-- since a count by region and week can be small; it is null once the content was destroyed.
create table measure_datasets (
    id         blob    not null primary key,
    name       text    not null,
    body_hash  blob    not null,
    n_rows     integer not null,
    n_bytes    integer not null,
    columns    text    not null,
    sealed     blob,
    created_at integer not null,
    created_by text    not null,
    removed_at integer,
    removed_by text
) strict;

-- Append-only: what was asked. `data_hash` is that of the data as it was then.
create table measure_runs (
    id          blob    not null primary key,
    name        text    not null,
    question    text    not null,
    dataset_id  blob    references measure_datasets (id),
    source_id   blob    references measure_runs (id),
    ask         text    not null,
    data_hash   blob,
    seed        integer not null,
    asked_at    integer not null,
    asked_by    text    not null
) strict;
create index measure_runs_by_dataset on measure_runs (dataset_id) where dataset_id is not null;

-- Append-only: which campaign a run measures; the record of a pair with the highest turn counts.
create table measure_attachments (
    id          blob    not null primary key,
    run_id      blob    not null references measure_runs (id),
    campaign_id blob    not null references campaigns (id),
    turn        integer not null,
    kind        text    not null,
    at          integer not null,
    by          text    not null,
    unique (run_id, campaign_id, turn)
) strict;
create index measure_attachments_by_campaign on measure_attachments (campaign_id);
create index measure_attachments_by_run on measure_attachments (run_id);

-- Who works on a run, and how far. A lease that ended without an end of the run is a crash.
create table measure_turns (
    run_id     blob    not null primary key references measure_runs (id),
    worker     blob    not null,
    began_at   integer not null,
    lease_ends integer not null,
    n_done     integer not null,
    n_total    integer not null,
    is_to_stop integer not null
) strict;

-- Append-only: how a run ended; `sealed` holds its result.
create table measure_ends (
    run_id      blob    not null primary key references measure_runs (id),
    how         text    not null,
    says        text    not null,
    version     text    not null,
    result_hash blob,
    sealed      blob,
    at          integer not null,
    by          text    not null
) strict;

-- Append-only: noisy counts of people of an audience, and what each spent of its year's budget, in
-- thousandths of epsilon. The answer has its noise, so it stands in the open; the count does not exist.
-- `question_hash` is that of everything asked but the cost, with the filter as it was.
create table noisy_counts (
    id            blob    not null primary key,
    audience_id   blob    not null references audiences (id),
    counted       text    not null,
    filter        text    not null,
    from_day      text    not null,
    to_day        text    not null,
    question_hash blob    not null,
    cost          integer not null,
    answer        integer not null,
    year          integer not null,
    at            integer not null,
    by            text    not null
) strict;
create index noisy_counts_by_year on noisy_counts (year, audience_id);
create index noisy_counts_by_question on noisy_counts (question_hash);

-- Ledger --------------------------------------------------------------------------------------

-- Append-only: the leaves, in their places. kind, person_id and at repeat what `body` says, for
-- look-up; the verifier compares them.
create table ledger_entries (
    place     integer not null primary key,
    entry_id  blob    not null unique,
    kind      text    not null,
    person_id blob,
    at        integer not null,
    body      blob    not null,
    leaf_hash blob    not null
) strict;
create index ledger_entries_by_person on ledger_entries (person_id, place)
    where person_id is not null;

-- Entries committed on PostgreSQL and waiting for the sequencer to give them a place. `n` is the
-- order within one act.
create table ledger_inbox (
    entry_id  blob    not null primary key,
    n         integer not null,
    kind      text    not null,
    person_id blob,
    at        integer not null,
    body      blob    not null
) strict;

-- Append-only: full tiles of 256 hashes (C2SP tlog-tiles).
create table ledger_tiles (
    level  integer not null,
    idx    integer not null,
    hashes blob    not null,
    primary key (level, idx)
) strict;

-- Append-only: signed tree heads (C2SP checkpoint).
create table ledger_checkpoints (
    size integer not null primary key,
    root blob    not null,
    note text    not null,
    at   integer not null
) strict;
