CREATE TABLE "login_tokens" (
	"token_id" integer,
	"user_account" integer,
	CONSTRAINT "login_tokens_token_id_user_account_pk" PRIMARY KEY("token_id","user_account")
);
--> statement-breakpoint
CREATE TABLE "user_accounts" (
	"account_id" integer PRIMARY KEY NOT NULL,
	"email_address" text NOT NULL,
	"http_status" integer,
	"Given Name" text,
	CONSTRAINT "user_accounts_emailAddress_unique" UNIQUE("email_address"),
	CONSTRAINT "user_accounts_HTTPStatus_Given Name_unique" UNIQUE("http_status","Given Name")
);
--> statement-breakpoint
ALTER TABLE "login_tokens" ADD CONSTRAINT "login_tokens_user_account_user_accounts_account_id_fk" FOREIGN KEY ("user_account") REFERENCES "public"."user_accounts"("account_id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "user_accounts_email_address_http_status_index" ON "user_accounts" USING btree ("email_address","http_status");