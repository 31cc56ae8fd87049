CREATE TABLE `authors` (
	`id` int AUTO_INCREMENT NOT NULL,
	`name` varchar(100) NOT NULL,
	`kind` enum('person','bot','it''s') NOT NULL DEFAULT 'person',
	`bio` text DEFAULT ('none'),
	`settings` json DEFAULT ('{"a":1}'),
	`seen` datetime DEFAULT '2024-01-02 03:04:05.678',
	`changed` timestamp NOT NULL DEFAULT (now()) ON UPDATE CURRENT_TIMESTAMP,
	`on` boolean DEFAULT true,
	`shout` varchar(100) GENERATED ALWAYS AS (upper(name)) VIRTUAL,
	CONSTRAINT `authors_id` PRIMARY KEY(`id`),
	CONSTRAINT `authors_name_unique` UNIQUE(`name`),
	CONSTRAINT `authors_lower` UNIQUE((lower(`name`))),
	CONSTRAINT `authors_id` CHECK(`authors`.`id` > 0)
);
--> statement-breakpoint
CREATE TABLE `books` (
	`author_id` int NOT NULL,
	`title` varchar(50) NOT NULL,
	CONSTRAINT `books_author_id_title_pk` PRIMARY KEY(`author_id`,`title`),
	CONSTRAINT `books_title` UNIQUE(`title`)
);
--> statement-breakpoint
ALTER TABLE `books` ADD CONSTRAINT `books_author_id_authors_id_fk` FOREIGN KEY (`author_id`) REFERENCES `authors`(`id`) ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX `authors_kind` ON `authors` (`kind`,`seen`);