CREATE TABLE `authors` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`name` text NOT NULL,
	`kind` text DEFAULT 'person' NOT NULL,
	`settings` text DEFAULT '{"a":1}',
	`seen` integer DEFAULT (unixepoch()),
	`on` integer DEFAULT true,
	`ratio` real DEFAULT 0.5,
	`raw` blob,
	`shout` text GENERATED ALWAYS AS (upper(name)) VIRTUAL,
	CONSTRAINT "authors_id" CHECK("authors"."id" > 0)
);
--> statement-breakpoint
CREATE UNIQUE INDEX `authors_name_unique` ON `authors` (`name`);--> statement-breakpoint
CREATE INDEX `authors_kind` ON `authors` (`kind`,`seen`);--> statement-breakpoint
CREATE UNIQUE INDEX `authors_on` ON `authors` (`on`) WHERE "authors"."on" = 1;--> statement-breakpoint
CREATE TABLE `books` (
	`author_id` integer NOT NULL,
	`title` text NOT NULL,
	PRIMARY KEY(`author_id`, `title`),
	FOREIGN KEY (`author_id`) REFERENCES `authors`(`id`) ON UPDATE no action ON DELETE cascade
);
