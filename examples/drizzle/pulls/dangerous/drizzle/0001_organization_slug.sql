ALTER TABLE "organizations" ADD COLUMN "slug" text NOT NULL;--> statement-breakpoint
CREATE INDEX "idx_users_role" ON "users" USING btree ("role");--> statement-breakpoint
ALTER TABLE "users" DROP COLUMN "legacy_id";