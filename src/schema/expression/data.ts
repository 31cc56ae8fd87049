// Written by scripts/expression-data.ts out of the catalogs of PostgreSQL 18; see there.

/** `name category`, with `!` for the preferred type of its category. */
export const typeData = `
_record P
aclitem U
any P
anyarray P
anycompatible P
anycompatiblearray P
anycompatiblemultirange P
anycompatiblenonarray P
anycompatiblerange P
anyelement P
anyenum P
anymultirange P
anynonarray P
anyrange P
bit V
bool B!
box G
bpchar S
bytea U
char Z
cid U
cidr I
circle G
cstring P
date D
datemultirange R
daterange R
event_trigger P
float4 N
float8 N!
gtsvector U
inet I!
int2 N
int4 N
int4multirange R
int4range R
int8 N
int8multirange R
int8range R
internal P
interval T!
json U
jsonb U
jsonpath U
line G
lseg G
macaddr U
macaddr8 U
money N
name S
numeric N
nummultirange R
numrange R
oid N!
path G
pg_ddl_command P
pg_dependencies Z
pg_lsn U
pg_mcv_list Z
pg_ndistinct Z
pg_node_tree Z
pg_snapshot U
point G
polygon G
record P
refcursor U
regclass N
regcollation N
regconfig N
regdictionary N
regnamespace N
regoper N
regoperator N
regproc N
regprocedure N
regrole N
regtype N
text S!
tid U
time D
timestamp D
timestamptz D!
timetz D
trigger P
tsmultirange R
tsquery U
tsrange R
tstzmultirange R
tstzrange R
tsvector U
txid_snapshot U
unknown X
uuid U
varbit V!
varchar S
void P
xid U
xid8 U
xml U
`

/** `source target`, context (`i` implicit, `a` assignment, `e` explicit) and method (`f` function, `b` binary, `i` through text). */
export const castData = `
bit int4 ef
bit int8 ef
bit varbit ib
bool bpchar af
bool int4 ef
bool text af
bool varchar af
box circle ef
box lseg ef
box point ef
box polygon af
bpchar char af
bpchar name if
bpchar text if
bpchar varchar if
bpchar xml ef
bytea int2 ef
bytea int4 ef
bytea int8 ef
char bpchar af
char int4 ef
char text if
char varchar af
cidr bpchar af
cidr inet ib
cidr text af
cidr varchar af
circle box ef
circle point ef
circle polygon ef
date timestamp if
date timestamptz if
daterange datemultirange ef
float4 float8 if
float4 int2 af
float4 int4 af
float4 int8 af
float4 numeric af
float8 float4 af
float8 int2 af
float8 int4 af
float8 int8 af
float8 numeric af
inet bpchar af
inet cidr af
inet text af
inet varchar af
int2 bytea ef
int2 float4 if
int2 float8 if
int2 int4 if
int2 int8 if
int2 numeric if
int2 oid if
int2 regclass if
int2 regcollation if
int2 regconfig if
int2 regdictionary if
int2 regnamespace if
int2 regoper if
int2 regoperator if
int2 regproc if
int2 regprocedure if
int2 regrole if
int2 regtype if
int4 bit ef
int4 bool ef
int4 bytea ef
int4 char ef
int4 float4 if
int4 float8 if
int4 int2 af
int4 int8 if
int4 money af
int4 numeric if
int4 oid ib
int4 regclass ib
int4 regcollation ib
int4 regconfig ib
int4 regdictionary ib
int4 regnamespace ib
int4 regoper ib
int4 regoperator ib
int4 regproc ib
int4 regprocedure ib
int4 regrole ib
int4 regtype ib
int4range int4multirange ef
int8 bit ef
int8 bytea ef
int8 float4 if
int8 float8 if
int8 int2 af
int8 int4 af
int8 money af
int8 numeric if
int8 oid if
int8 regclass if
int8 regcollation if
int8 regconfig if
int8 regdictionary if
int8 regnamespace if
int8 regoper if
int8 regoperator if
int8 regproc if
int8 regprocedure if
int8 regrole if
int8 regtype if
int8range int8multirange ef
interval time af
json jsonb ai
jsonb bool ef
jsonb float4 ef
jsonb float8 ef
jsonb int2 ef
jsonb int4 ef
jsonb int8 ef
jsonb json ai
jsonb numeric ef
lseg point ef
macaddr macaddr8 if
macaddr8 macaddr if
money numeric af
name bpchar af
name text if
name varchar af
numeric float4 if
numeric float8 if
numeric int2 af
numeric int4 af
numeric int8 af
numeric money af
numrange nummultirange ef
oid int4 ab
oid int8 af
oid regclass ib
oid regcollation ib
oid regconfig ib
oid regdictionary ib
oid regnamespace ib
oid regoper ib
oid regoperator ib
oid regproc ib
oid regprocedure ib
oid regrole ib
oid regtype ib
path polygon af
pg_dependencies bytea ib
pg_dependencies text ii
pg_mcv_list bytea ib
pg_mcv_list text ii
pg_ndistinct bytea ib
pg_ndistinct text ii
pg_node_tree text ib
point box af
polygon box ef
polygon circle ef
polygon path af
polygon point ef
regclass int4 ab
regclass int8 af
regclass oid ib
regcollation int4 ab
regcollation int8 af
regcollation oid ib
regconfig int4 ab
regconfig int8 af
regconfig oid ib
regdictionary int4 ab
regdictionary int8 af
regdictionary oid ib
regnamespace int4 ab
regnamespace int8 af
regnamespace oid ib
regoper int4 ab
regoper int8 af
regoper oid ib
regoper regoperator ib
regoperator int4 ab
regoperator int8 af
regoperator oid ib
regoperator regoper ib
regproc int4 ab
regproc int8 af
regproc oid ib
regproc regprocedure ib
regprocedure int4 ab
regprocedure int8 af
regprocedure oid ib
regprocedure regproc ib
regrole int4 ab
regrole int8 af
regrole oid ib
regtype int4 ab
regtype int8 af
regtype oid ib
text bpchar ib
text char af
text name if
text regclass if
text varchar ib
text xml ef
time interval if
time timetz if
timestamp date af
timestamp time af
timestamp timestamptz if
timestamptz date af
timestamptz time af
timestamptz timestamp af
timestamptz timetz af
timetz time af
tsrange tsmultirange ef
tstzrange tstzmultirange ef
varbit bit ib
varchar bpchar ib
varchar char af
varchar name if
varchar regclass if
varchar text ib
varchar xml ef
xid8 xid ef
xml bpchar ab
xml text ab
xml varchar ab
`

/** `name left right result`, `-` for no left operand. */
export const operatorData = `
!! - tsquery tsquery
!~ bpchar text bool
!~ name text bool
!~ text text bool
!~* bpchar text bool
!~* name text bool
!~* text text bool
!~~ bpchar text bool
!~~ bytea bytea bool
!~~ name text bool
!~~ text text bool
!~~* bpchar text bool
!~~* name text bool
!~~* text text bool
# - path int4
# - polygon int4
# bit bit bit
# box box box
# int2 int2 int2
# int4 int4 int4
# int8 int8 int8
# line line point
# lseg lseg point
## line lseg point
## lseg box point
## lseg lseg point
## point box point
## point line point
## point lseg point
#- jsonb text[] jsonb
#> json text[] json
#> jsonb text[] jsonb
#>> json text[] text
#>> jsonb text[] text
% int2 int2 int2
% int4 int4 int4
% int8 int8 int8
% numeric numeric numeric
& bit bit bit
& inet inet inet
& int2 int2 int2
& int4 int4 int4
& int8 int8 int8
& macaddr macaddr macaddr
& macaddr8 macaddr8 macaddr8
&& anyarray anyarray bool
&& anymultirange anymultirange bool
&& anymultirange anyrange bool
&& anyrange anymultirange bool
&& anyrange anyrange bool
&& box box bool
&& circle circle bool
&& inet inet bool
&& polygon polygon bool
&& tsquery tsquery tsquery
&< anymultirange anymultirange bool
&< anymultirange anyrange bool
&< anyrange anymultirange bool
&< anyrange anyrange bool
&< box box bool
&< circle circle bool
&< polygon polygon bool
&<| box box bool
&<| circle circle bool
&<| polygon polygon bool
&> anymultirange anymultirange bool
&> anymultirange anyrange bool
&> anyrange anymultirange bool
&> anyrange anyrange bool
&> box box bool
&> circle circle bool
&> polygon polygon bool
* anymultirange anymultirange anymultirange
* anyrange anyrange anyrange
* box point box
* circle point circle
* float4 float4 float4
* float4 float8 float8
* float4 money money
* float8 float4 float8
* float8 float8 float8
* float8 interval interval
* float8 money money
* int2 int2 int2
* int2 int4 int4
* int2 int8 int8
* int2 money money
* int4 int2 int4
* int4 int4 int4
* int4 int8 int8
* int4 money money
* int8 int2 int8
* int8 int4 int8
* int8 int8 int8
* int8 money money
* interval float8 interval
* money float4 money
* money float8 money
* money int2 money
* money int4 money
* money int8 money
* numeric numeric numeric
* path point path
* point point point
*< record record bool
*<= record record bool
*<> record record bool
*= record record bool
*> record record bool
*>= record record bool
+ - float4 float4
+ - float8 float8
+ - int2 int2
+ - int4 int4
+ - int8 int8
+ - numeric numeric
+ aclitem[] aclitem aclitem[]
+ anymultirange anymultirange anymultirange
+ anyrange anyrange anyrange
+ box point box
+ circle point circle
+ date int4 date
+ date interval timestamp
+ date time timestamp
+ date timetz timestamptz
+ float4 float4 float4
+ float4 float8 float8
+ float8 float4 float8
+ float8 float8 float8
+ inet int8 inet
+ int2 int2 int2
+ int2 int4 int4
+ int2 int8 int8
+ int4 date date
+ int4 int2 int4
+ int4 int4 int4
+ int4 int8 int8
+ int8 inet inet
+ int8 int2 int8
+ int8 int4 int8
+ int8 int8 int8
+ interval date timestamp
+ interval interval interval
+ interval time time
+ interval timestamp timestamp
+ interval timestamptz timestamptz
+ interval timetz timetz
+ money money money
+ numeric numeric numeric
+ numeric pg_lsn pg_lsn
+ path path path
+ path point path
+ pg_lsn numeric pg_lsn
+ point point point
+ time date timestamp
+ time interval time
+ timestamp interval timestamp
+ timestamptz interval timestamptz
+ timetz date timestamptz
+ timetz interval timetz
- - float4 float4
- - float8 float8
- - int2 int2
- - int4 int4
- - int8 int8
- - interval interval
- - numeric numeric
- aclitem[] aclitem aclitem[]
- anymultirange anymultirange anymultirange
- anyrange anyrange anyrange
- box point box
- circle point circle
- date date int4
- date int4 date
- date interval timestamp
- float4 float4 float4
- float4 float8 float8
- float8 float4 float8
- float8 float8 float8
- inet inet int8
- inet int8 inet
- int2 int2 int2
- int2 int4 int4
- int2 int8 int8
- int4 int2 int4
- int4 int4 int4
- int4 int8 int8
- int8 int2 int8
- int8 int4 int8
- int8 int8 int8
- interval interval interval
- jsonb int4 jsonb
- jsonb text jsonb
- jsonb text[] jsonb
- money money money
- numeric numeric numeric
- path point path
- pg_lsn numeric pg_lsn
- pg_lsn pg_lsn numeric
- point point point
- time interval time
- time time interval
- timestamp interval timestamp
- timestamp timestamp interval
- timestamptz interval timestamptz
- timestamptz timestamptz interval
- timetz interval timetz
-> json int4 json
-> json text json
-> jsonb int4 jsonb
-> jsonb text jsonb
->> json int4 text
->> json text text
->> jsonb int4 text
->> jsonb text text
-|- anymultirange anymultirange bool
-|- anymultirange anyrange bool
-|- anyrange anymultirange bool
-|- anyrange anyrange bool
/ box point box
/ circle point circle
/ float4 float4 float4
/ float4 float8 float8
/ float8 float4 float8
/ float8 float8 float8
/ int2 int2 int2
/ int2 int4 int4
/ int2 int8 int8
/ int4 int2 int4
/ int4 int4 int4
/ int4 int8 int8
/ int8 int2 int8
/ int8 int4 int8
/ int8 int8 int8
/ interval float8 interval
/ money float4 money
/ money float8 money
/ money int2 money
/ money int4 money
/ money int8 money
/ money money float8
/ numeric numeric numeric
/ path point path
/ point point point
< anyarray anyarray bool
< anyenum anyenum bool
< anymultirange anymultirange bool
< anyrange anyrange bool
< bit bit bool
< bool bool bool
< box box bool
< bpchar bpchar bool
< bytea bytea bool
< char char bool
< circle circle bool
< date date bool
< date timestamp bool
< date timestamptz bool
< float4 float4 bool
< float4 float8 bool
< float8 float4 bool
< float8 float8 bool
< inet inet bool
< int2 int2 bool
< int2 int4 bool
< int2 int8 bool
< int4 int2 bool
< int4 int4 bool
< int4 int8 bool
< int8 int2 bool
< int8 int4 bool
< int8 int8 bool
< interval interval bool
< jsonb jsonb bool
< lseg lseg bool
< macaddr macaddr bool
< macaddr8 macaddr8 bool
< money money bool
< name name bool
< name text bool
< numeric numeric bool
< oid oid bool
< oidvector oidvector bool
< path path bool
< pg_lsn pg_lsn bool
< record record bool
< text name bool
< text text bool
< tid tid bool
< time time bool
< timestamp date bool
< timestamp timestamp bool
< timestamp timestamptz bool
< timestamptz date bool
< timestamptz timestamp bool
< timestamptz timestamptz bool
< timetz timetz bool
< tsquery tsquery bool
< tsvector tsvector bool
< uuid uuid bool
< varbit varbit bool
< xid8 xid8 bool
<-> box box float8
<-> box lseg float8
<-> box point float8
<-> circle circle float8
<-> circle point float8
<-> circle polygon float8
<-> line line float8
<-> line lseg float8
<-> line point float8
<-> lseg box float8
<-> lseg line float8
<-> lseg lseg float8
<-> lseg point float8
<-> path path float8
<-> path point float8
<-> point box float8
<-> point circle float8
<-> point line float8
<-> point lseg float8
<-> point path float8
<-> point point float8
<-> point polygon float8
<-> polygon circle float8
<-> polygon point float8
<-> polygon polygon float8
<-> tsquery tsquery tsquery
<< anymultirange anymultirange bool
<< anymultirange anyrange bool
<< anyrange anymultirange bool
<< anyrange anyrange bool
<< bit int4 bit
<< box box bool
<< circle circle bool
<< inet inet bool
<< int2 int4 int2
<< int4 int4 int4
<< int8 int4 int8
<< point point bool
<< polygon polygon bool
<<= inet inet bool
<<| box box bool
<<| circle circle bool
<<| point point bool
<<| polygon polygon bool
<= anyarray anyarray bool
<= anyenum anyenum bool
<= anymultirange anymultirange bool
<= anyrange anyrange bool
<= bit bit bool
<= bool bool bool
<= box box bool
<= bpchar bpchar bool
<= bytea bytea bool
<= char char bool
<= circle circle bool
<= date date bool
<= date timestamp bool
<= date timestamptz bool
<= float4 float4 bool
<= float4 float8 bool
<= float8 float4 bool
<= float8 float8 bool
<= inet inet bool
<= int2 int2 bool
<= int2 int4 bool
<= int2 int8 bool
<= int4 int2 bool
<= int4 int4 bool
<= int4 int8 bool
<= int8 int2 bool
<= int8 int4 bool
<= int8 int8 bool
<= interval interval bool
<= jsonb jsonb bool
<= lseg lseg bool
<= macaddr macaddr bool
<= macaddr8 macaddr8 bool
<= money money bool
<= name name bool
<= name text bool
<= numeric numeric bool
<= oid oid bool
<= oidvector oidvector bool
<= path path bool
<= pg_lsn pg_lsn bool
<= record record bool
<= text name bool
<= text text bool
<= tid tid bool
<= time time bool
<= timestamp date bool
<= timestamp timestamp bool
<= timestamp timestamptz bool
<= timestamptz date bool
<= timestamptz timestamp bool
<= timestamptz timestamptz bool
<= timetz timetz bool
<= tsquery tsquery bool
<= tsvector tsvector bool
<= uuid uuid bool
<= varbit varbit bool
<= xid8 xid8 bool
<> anyarray anyarray bool
<> anyenum anyenum bool
<> anymultirange anymultirange bool
<> anyrange anyrange bool
<> bit bit bool
<> bool bool bool
<> bpchar bpchar bool
<> bytea bytea bool
<> char char bool
<> circle circle bool
<> date date bool
<> date timestamp bool
<> date timestamptz bool
<> float4 float4 bool
<> float4 float8 bool
<> float8 float4 bool
<> float8 float8 bool
<> inet inet bool
<> int2 int2 bool
<> int2 int4 bool
<> int2 int8 bool
<> int4 int2 bool
<> int4 int4 bool
<> int4 int8 bool
<> int8 int2 bool
<> int8 int4 bool
<> int8 int8 bool
<> interval interval bool
<> jsonb jsonb bool
<> lseg lseg bool
<> macaddr macaddr bool
<> macaddr8 macaddr8 bool
<> money money bool
<> name name bool
<> name text bool
<> numeric numeric bool
<> oid oid bool
<> oidvector oidvector bool
<> pg_lsn pg_lsn bool
<> point point bool
<> record record bool
<> text name bool
<> text text bool
<> tid tid bool
<> time time bool
<> timestamp date bool
<> timestamp timestamp bool
<> timestamp timestamptz bool
<> timestamptz date bool
<> timestamptz timestamp bool
<> timestamptz timestamptz bool
<> timetz timetz bool
<> tsquery tsquery bool
<> tsvector tsvector bool
<> uuid uuid bool
<> varbit varbit bool
<> xid int4 bool
<> xid xid bool
<> xid8 xid8 bool
<@ anyarray anyarray bool
<@ anyelement anymultirange bool
<@ anyelement anyrange bool
<@ anymultirange anymultirange bool
<@ anymultirange anyrange bool
<@ anyrange anymultirange bool
<@ anyrange anyrange bool
<@ box box bool
<@ circle circle bool
<@ jsonb jsonb bool
<@ lseg box bool
<@ lseg line bool
<@ point box bool
<@ point circle bool
<@ point line bool
<@ point lseg bool
<@ point path bool
<@ point polygon bool
<@ polygon polygon bool
<@ tsquery tsquery bool
<^ box box bool
<^ point point bool
= aclitem aclitem bool
= anyarray anyarray bool
= anyenum anyenum bool
= anymultirange anymultirange bool
= anyrange anyrange bool
= bit bit bool
= bool bool bool
= box box bool
= bpchar bpchar bool
= bytea bytea bool
= char char bool
= cid cid bool
= circle circle bool
= date date bool
= date timestamp bool
= date timestamptz bool
= float4 float4 bool
= float4 float8 bool
= float8 float4 bool
= float8 float8 bool
= inet inet bool
= int2 int2 bool
= int2 int4 bool
= int2 int8 bool
= int4 int2 bool
= int4 int4 bool
= int4 int8 bool
= int8 int2 bool
= int8 int4 bool
= int8 int8 bool
= interval interval bool
= jsonb jsonb bool
= line line bool
= lseg lseg bool
= macaddr macaddr bool
= macaddr8 macaddr8 bool
= money money bool
= name name bool
= name text bool
= numeric numeric bool
= oid oid bool
= oidvector oidvector bool
= path path bool
= pg_lsn pg_lsn bool
= record record bool
= text name bool
= text text bool
= tid tid bool
= time time bool
= timestamp date bool
= timestamp timestamp bool
= timestamp timestamptz bool
= timestamptz date bool
= timestamptz timestamp bool
= timestamptz timestamptz bool
= timetz timetz bool
= tsquery tsquery bool
= tsvector tsvector bool
= uuid uuid bool
= varbit varbit bool
= xid int4 bool
= xid xid bool
= xid8 xid8 bool
> anyarray anyarray bool
> anyenum anyenum bool
> anymultirange anymultirange bool
> anyrange anyrange bool
> bit bit bool
> bool bool bool
> box box bool
> bpchar bpchar bool
> bytea bytea bool
> char char bool
> circle circle bool
> date date bool
> date timestamp bool
> date timestamptz bool
> float4 float4 bool
> float4 float8 bool
> float8 float4 bool
> float8 float8 bool
> inet inet bool
> int2 int2 bool
> int2 int4 bool
> int2 int8 bool
> int4 int2 bool
> int4 int4 bool
> int4 int8 bool
> int8 int2 bool
> int8 int4 bool
> int8 int8 bool
> interval interval bool
> jsonb jsonb bool
> lseg lseg bool
> macaddr macaddr bool
> macaddr8 macaddr8 bool
> money money bool
> name name bool
> name text bool
> numeric numeric bool
> oid oid bool
> oidvector oidvector bool
> path path bool
> pg_lsn pg_lsn bool
> record record bool
> text name bool
> text text bool
> tid tid bool
> time time bool
> timestamp date bool
> timestamp timestamp bool
> timestamp timestamptz bool
> timestamptz date bool
> timestamptz timestamp bool
> timestamptz timestamptz bool
> timetz timetz bool
> tsquery tsquery bool
> tsvector tsvector bool
> uuid uuid bool
> varbit varbit bool
> xid8 xid8 bool
>= anyarray anyarray bool
>= anyenum anyenum bool
>= anymultirange anymultirange bool
>= anyrange anyrange bool
>= bit bit bool
>= bool bool bool
>= box box bool
>= bpchar bpchar bool
>= bytea bytea bool
>= char char bool
>= circle circle bool
>= date date bool
>= date timestamp bool
>= date timestamptz bool
>= float4 float4 bool
>= float4 float8 bool
>= float8 float4 bool
>= float8 float8 bool
>= inet inet bool
>= int2 int2 bool
>= int2 int4 bool
>= int2 int8 bool
>= int4 int2 bool
>= int4 int4 bool
>= int4 int8 bool
>= int8 int2 bool
>= int8 int4 bool
>= int8 int8 bool
>= interval interval bool
>= jsonb jsonb bool
>= lseg lseg bool
>= macaddr macaddr bool
>= macaddr8 macaddr8 bool
>= money money bool
>= name name bool
>= name text bool
>= numeric numeric bool
>= oid oid bool
>= oidvector oidvector bool
>= path path bool
>= pg_lsn pg_lsn bool
>= record record bool
>= text name bool
>= text text bool
>= tid tid bool
>= time time bool
>= timestamp date bool
>= timestamp timestamp bool
>= timestamp timestamptz bool
>= timestamptz date bool
>= timestamptz timestamp bool
>= timestamptz timestamptz bool
>= timetz timetz bool
>= tsquery tsquery bool
>= tsvector tsvector bool
>= uuid uuid bool
>= varbit varbit bool
>= xid8 xid8 bool
>> anymultirange anymultirange bool
>> anymultirange anyrange bool
>> anyrange anymultirange bool
>> anyrange anyrange bool
>> bit int4 bit
>> box box bool
>> circle circle bool
>> inet inet bool
>> int2 int4 int2
>> int4 int4 int4
>> int8 int4 int8
>> point point bool
>> polygon polygon bool
>>= inet inet bool
>^ box box bool
>^ point point bool
? jsonb text bool
?# box box bool
?# line box bool
?# line line bool
?# lseg box bool
?# lseg line bool
?# lseg lseg bool
?# path path bool
?& jsonb text[] bool
?- - line bool
?- - lseg bool
?- point point bool
?-| line line bool
?-| lseg lseg bool
?| - line bool
?| - lseg bool
?| jsonb text[] bool
?| point point bool
?|| line line bool
?|| lseg lseg bool
@ - float4 float4
@ - float8 float8
@ - int2 int2
@ - int4 int4
@ - int8 int8
@ - numeric numeric
@-@ - lseg float8
@-@ - path float8
@> aclitem[] aclitem bool
@> anyarray anyarray bool
@> anymultirange anyelement bool
@> anymultirange anymultirange bool
@> anymultirange anyrange bool
@> anyrange anyelement bool
@> anyrange anymultirange bool
@> anyrange anyrange bool
@> box box bool
@> box point bool
@> circle circle bool
@> circle point bool
@> jsonb jsonb bool
@> path point bool
@> polygon point bool
@> polygon polygon bool
@> tsquery tsquery bool
@? jsonb jsonpath bool
@@ - box point
@@ - circle point
@@ - lseg point
@@ - polygon point
@@ jsonb jsonpath bool
@@ text text bool
@@ text tsquery bool
@@ tsquery tsvector bool
@@ tsvector tsquery bool
@@@ tsquery tsvector bool
@@@ tsvector tsquery bool
^ float8 float8 float8
^ numeric numeric numeric
^@ text text bool
| bit bit bit
| inet inet inet
| int2 int2 int2
| int4 int4 int4
| int8 int8 int8
| macaddr macaddr macaddr
| macaddr8 macaddr8 macaddr8
|&> box box bool
|&> circle circle bool
|&> polygon polygon bool
|/ - float8 float8
|>> box box bool
|>> circle circle bool
|>> point point bool
|>> polygon polygon bool
|| anycompatible anycompatiblearray anycompatiblearray
|| anycompatiblearray anycompatible anycompatiblearray
|| anycompatiblearray anycompatiblearray anycompatiblearray
|| anynonarray text text
|| bytea bytea bytea
|| jsonb jsonb jsonb
|| text anynonarray text
|| text text text
|| tsquery tsquery tsquery
|| tsvector tsvector tsvector
|| varbit varbit varbit
||/ - float8 float8
~ - bit bit
~ - inet inet
~ - int2 int2
~ - int4 int4
~ - int8 int8
~ - macaddr macaddr
~ - macaddr8 macaddr8
~ bpchar text bool
~ name text bool
~ text text bool
~* bpchar text bool
~* name text bool
~* text text bool
~<=~ bpchar bpchar bool
~<=~ text text bool
~<~ bpchar bpchar bool
~<~ text text bool
~= box box bool
~= circle circle bool
~= point point bool
~= polygon polygon bool
~>=~ bpchar bpchar bool
~>=~ text text bool
~>~ bpchar bpchar bool
~>~ text text bool
~~ bpchar text bool
~~ bytea bytea bool
~~ name text bool
~~ text text bool
~~* bpchar text bool
~~* name text bool
~~* text text bool
`

/** `name arguments result`. */
export const functionData = `
_pg_char_max_length oid,int4 int4
_pg_char_octet_length oid,int4 int4
_pg_datetime_precision oid,int4 int4
_pg_expandarray anyarray setof record
_pg_index_position oid,int2 int4
_pg_interval_type oid,int4 text
_pg_numeric_precision oid,int4 int4
_pg_numeric_precision_radix oid,int4 int4
_pg_numeric_scale oid,int4 int4
_pg_truetypid pg_attribute,pg_type oid
_pg_truetypmod pg_attribute,pg_type int4
abbrev cidr text
abbrev inet text
abs float4 float4
abs float8 float8
abs int2 int2
abs int4 int4
abs int8 int8
abs numeric numeric
aclcontains aclitem[],aclitem bool
acldefault char,oid aclitem[]
aclexplode aclitem[] setof record
aclinsert aclitem[],aclitem aclitem[]
aclremove aclitem[],aclitem aclitem[]
acos float8 float8
acosd float8 float8
acosh float8 float8
age timestamp interval
age timestamp,timestamp interval
age timestamptz interval
age timestamptz,timestamptz interval
age xid int4
amvalidate oid bool
any_value anyelement anyelement
area box float8
area circle float8
area path float8
array_agg anyarray anyarray
array_agg anynonarray anyarray
array_append anycompatiblearray,anycompatible anycompatiblearray
array_dims anyarray text
array_fill anyelement,int4[] anyarray
array_fill anyelement,int4[],int4[] anyarray
array_length anyarray,int4 int4
array_lower anyarray,int4 int4
array_ndims anyarray int4
array_position anycompatiblearray,anycompatible int4
array_position anycompatiblearray,anycompatible,int4 int4
array_positions anycompatiblearray,anycompatible int4[]
array_prepend anycompatible,anycompatiblearray anycompatiblearray
array_remove anycompatiblearray,anycompatible anycompatiblearray
array_replace anycompatiblearray,anycompatible,anycompatible anycompatiblearray
array_reverse anyarray anyarray
array_sample anyarray,int4 anyarray
array_shuffle anyarray anyarray
array_sort anyarray anyarray
array_sort anyarray,bool anyarray
array_sort anyarray,bool,bool anyarray
array_to_json anyarray json
array_to_json anyarray,bool json
array_to_string anyarray,text text
array_to_string anyarray,text,text text
array_to_tsvector text[] tsvector
array_upper anyarray,int4 int4
ascii text int4
asin float8 float8
asind float8 float8
asinh float8 float8
atan float8 float8
atan2 float8,float8 float8
atan2d float8,float8 float8
atand float8 float8
atanh float8 float8
avg float4 float8
avg float8 float8
avg int2 numeric
avg int4 numeric
avg int8 numeric
avg interval interval
avg numeric numeric
bit bit,int4,bool bit
bit int4,int4 bit
bit int8,int4 bit
bit_and bit bit
bit_and int2 int2
bit_and int4 int4
bit_and int8 int8
bit_count bit int8
bit_count bytea int8
bit_length bit int4
bit_length bytea int4
bit_length text int4
bit_or bit bit
bit_or int2 int2
bit_or int4 int4
bit_or int8 int8
bit_xor bit bit
bit_xor int2 int2
bit_xor int4 int4
bit_xor int8 int8
bool int4 bool
bool jsonb bool
bool_and bool bool
bool_or bool bool
bound_box box,box box
box circle box
box point box
box point,point box
box polygon box
bpchar bpchar,int4,bool bpchar
bpchar char bpchar
bpchar name bpchar
broadcast inet inet
btrim bytea,bytea bytea
btrim text text
btrim text,text text
bytea int2 bytea
bytea int4 bytea
bytea int8 bytea
cardinality anyarray int4
casefold text text
cash_words money text
cbrt float8 float8
ceil float8 float8
ceil numeric numeric
ceiling float8 float8
ceiling numeric numeric
center box point
center circle point
char int4 char
char text char
char_length bpchar int4
char_length text int4
character_length bpchar int4
character_length text int4
chr int4 text
cidr inet cidr
circle box circle
circle point,float8 circle
circle polygon circle
clock_timestamp  timestamptz
col_description oid,int4 text
concat any text variadic
concat_ws text,any text variadic
convert bytea,name,name bytea
convert_from bytea,name text
convert_to text,name bytea
corr float8,float8 float8
cos float8 float8
cosd float8 float8
cosh float8 float8
cot float8 float8
cotd float8 float8
count  int8
count any int8
covar_pop float8,float8 float8
covar_samp float8,float8 float8
crc32 bytea int8
crc32c bytea int8
cume_dist  float8
cume_dist any float8 variadic
current_database  name
current_query  text
current_schema  name
current_schemas bool name[]
current_setting text text
current_setting text,bool text
current_user  name
currtid2 text,tid tid
currval regclass int8
cursor_to_xml refcursor,int4,bool,bool,text xml
cursor_to_xmlschema refcursor,bool,bool,text xml
database_to_xml bool,bool,text xml
database_to_xml_and_xmlschema bool,bool,text xml
database_to_xmlschema bool,bool,text xml
date timestamp date
date timestamptz date
date_add timestamptz,interval timestamptz
date_add timestamptz,interval,text timestamptz
date_bin interval,timestamp,timestamp timestamp
date_bin interval,timestamptz,timestamptz timestamptz
date_part text,date float8
date_part text,interval float8
date_part text,time float8
date_part text,timestamp float8
date_part text,timestamptz float8
date_part text,timetz float8
date_subtract timestamptz,interval timestamptz
date_subtract timestamptz,interval,text timestamptz
date_trunc text,interval interval
date_trunc text,timestamp timestamp
date_trunc text,timestamptz timestamptz
date_trunc text,timestamptz,text timestamptz
datemultirange  datemultirange
datemultirange daterange datemultirange
datemultirange daterange[] datemultirange variadic
daterange date,date daterange
daterange date,date,text daterange
daterange_canonical daterange daterange
daterange_subdiff date,date float8
decode text,text bytea
degrees float8 float8
dense_rank  int8
dense_rank any int8 variadic
dexp float8 float8
diagonal box lseg
diameter circle float8
div numeric,numeric numeric
dlog1 float8 float8
dlog10 float8 float8
dround float8 float8
dtrunc float8 float8
encode bytea,text text
enum_first anyenum anyenum
enum_last anyenum anyenum
enum_range anyenum anyarray
enum_range anyenum,anyenum anyarray
erf float8 float8
erfc float8 float8
every bool bool
exp float8 float8
exp numeric numeric
extract text,date numeric
extract text,interval numeric
extract text,time numeric
extract text,timestamp numeric
extract text,timestamptz numeric
extract text,timetz numeric
factorial int8 numeric
family inet int4
first_value anyelement anyelement
float4 float8 float4
float4 int2 float4
float4 int4 float4
float4 int8 float4
float4 jsonb float4
float4 numeric float4
float8 float4 float8
float8 int2 float8
float8 int4 float8
float8 int8 float8
float8 jsonb float8
float8 numeric float8
floor float8 float8
floor numeric numeric
fmgr_c_validator oid void
fmgr_internal_validator oid void
fmgr_sql_validator oid void
format text text
format text,any text variadic
format_type oid,int4 text
gamma float8 float8
gcd int4,int4 int4
gcd int8,int8 int8
gcd numeric,numeric numeric
gen_random_uuid  uuid
generate_series int4,int4 setof int4
generate_series int4,int4,int4 setof int4
generate_series int8,int8 setof int8
generate_series int8,int8,int8 setof int8
generate_series numeric,numeric setof numeric
generate_series numeric,numeric,numeric setof numeric
generate_series timestamp,timestamp,interval setof timestamp
generate_series timestamptz,timestamptz,interval setof timestamptz
generate_series timestamptz,timestamptz,interval,text setof timestamptz
generate_subscripts anyarray,int4 setof int4
generate_subscripts anyarray,int4,bool setof int4
get_bit bit,int4 int4
get_bit bytea,int8 int4
get_byte bytea,int4 int4
get_current_ts_config  regconfig
getdatabaseencoding  name
getpgusername  name
height box float8
host inet text
hostmask inet inet
icu_unicode_version  text
inet_client_addr  inet
inet_client_port  int4
inet_merge inet,inet cidr
inet_same_family inet,inet bool
inet_server_addr  inet
inet_server_port  int4
initcap text text
int2 bytea int2
int2 float4 int2
int2 float8 int2
int2 int4 int2
int2 int8 int2
int2 jsonb int2
int2 numeric int2
int4 bit int4
int4 bool int4
int4 bytea int4
int4 char int4
int4 float4 int4
int4 float8 int4
int4 int2 int4
int4 int8 int4
int4 jsonb int4
int4 numeric int4
int4inc int4 int4
int4multirange  int4multirange
int4multirange int4range int4multirange
int4multirange int4range[] int4multirange variadic
int4range int4,int4 int4range
int4range int4,int4,text int4range
int4range_canonical int4range int4range
int4range_subdiff int4,int4 float8
int8 bit int8
int8 bytea int8
int8 float4 int8
int8 float8 int8
int8 int2 int8
int8 int4 int8
int8 jsonb int8
int8 numeric int8
int8 oid int8
int8dec int8 int8
int8dec_any int8,any int8
int8inc int8 int8
int8inc_any int8,any int8
int8multirange  int8multirange
int8multirange int8range int8multirange
int8multirange int8range[] int8multirange variadic
int8range int8,int8 int8range
int8range int8,int8,text int8range
int8range_canonical int8range int8range
int8range_subdiff int8,int8 float8
interval interval,int4 interval
interval time interval
is_normalized text,text bool defaults 1
isclosed path bool
isempty anymultirange bool
isempty anyrange bool
isfinite date bool
isfinite interval bool
isfinite timestamp bool
isfinite timestamptz bool
ishorizontal line bool
ishorizontal lseg bool
ishorizontal point,point bool
isopen path bool
isparallel line,line bool
isparallel lseg,lseg bool
isperp line,line bool
isperp lseg,lseg bool
isvertical line bool
isvertical lseg bool
isvertical point,point bool
json_array_elements json setof json
json_array_elements_text json setof text
json_array_length json int4
json_build_array  json
json_build_array any json variadic
json_build_object  json
json_build_object any json variadic
json_each json setof record
json_each_text json setof record
json_extract_path json,text[] json variadic
json_extract_path_text json,text[] text variadic
json_object text[] json
json_object text[],text[] json
json_object_keys json setof text
json_populate_record anyelement,json,bool anyelement defaults 1
json_populate_recordset anyelement,json,bool setof anyelement defaults 1
json_strip_nulls json,bool json defaults 1
json_to_record json record
json_to_recordset json setof record
json_to_tsvector json,jsonb tsvector
json_to_tsvector regconfig,json,jsonb tsvector
json_typeof json text
jsonb_array_elements jsonb setof jsonb
jsonb_array_elements_text jsonb setof text
jsonb_array_length jsonb int4
jsonb_build_array  jsonb
jsonb_build_array any jsonb variadic
jsonb_build_object  jsonb
jsonb_build_object any jsonb variadic
jsonb_each jsonb setof record
jsonb_each_text jsonb setof record
jsonb_exists jsonb,text bool
jsonb_exists_all jsonb,text[] bool
jsonb_exists_any jsonb,text[] bool
jsonb_extract_path jsonb,text[] jsonb variadic
jsonb_extract_path_text jsonb,text[] text variadic
jsonb_insert jsonb,text[],jsonb,bool jsonb defaults 1
jsonb_object text[] jsonb
jsonb_object text[],text[] jsonb
jsonb_object_keys jsonb setof text
jsonb_path_exists jsonb,jsonpath,jsonb,bool bool defaults 2
jsonb_path_exists_tz jsonb,jsonpath,jsonb,bool bool defaults 2
jsonb_path_match jsonb,jsonpath,jsonb,bool bool defaults 2
jsonb_path_match_tz jsonb,jsonpath,jsonb,bool bool defaults 2
jsonb_path_query jsonb,jsonpath,jsonb,bool setof jsonb defaults 2
jsonb_path_query_array jsonb,jsonpath,jsonb,bool jsonb defaults 2
jsonb_path_query_array_tz jsonb,jsonpath,jsonb,bool jsonb defaults 2
jsonb_path_query_first jsonb,jsonpath,jsonb,bool jsonb defaults 2
jsonb_path_query_first_tz jsonb,jsonpath,jsonb,bool jsonb defaults 2
jsonb_path_query_tz jsonb,jsonpath,jsonb,bool setof jsonb defaults 2
jsonb_populate_record anyelement,jsonb anyelement
jsonb_populate_record_valid anyelement,jsonb bool
jsonb_populate_recordset anyelement,jsonb setof anyelement
jsonb_pretty jsonb text
jsonb_set jsonb,text[],jsonb,bool jsonb defaults 1
jsonb_set_lax jsonb,text[],jsonb,bool,text jsonb defaults 2
jsonb_strip_nulls jsonb,bool jsonb defaults 1
jsonb_to_record jsonb record
jsonb_to_recordset jsonb setof record
jsonb_to_tsvector jsonb,jsonb tsvector
jsonb_to_tsvector regconfig,jsonb,jsonb tsvector
jsonb_typeof jsonb text
justify_days interval interval
justify_hours interval interval
justify_interval interval interval
lag anycompatible,int4,anycompatible anycompatible
lag anyelement anyelement
lag anyelement,int4 anyelement
last_value anyelement anyelement
lastval  int8
lcm int4,int4 int4
lcm int8,int8 int8
lcm numeric,numeric numeric
lead anycompatible,int4,anycompatible anycompatible
lead anyelement anyelement
lead anyelement,int4 anyelement
left text,int4 text
length bit int4
length bpchar int4
length bytea int4
length bytea,name int4
length lseg float8
length path float8
length text int4
length tsvector int4
lgamma float8 float8
like bytea,bytea bool
like name,text bool
like text,text bool
like_escape bytea,bytea bytea
like_escape text,text text
line point,point line
ln float8 float8
ln numeric numeric
lo_close int4 int4
lo_creat int4 oid
lo_create oid oid
lo_export oid,text int4
lo_from_bytea oid,bytea oid
lo_get oid bytea
lo_get oid,int8,int4 bytea
lo_import text oid
lo_import text,oid oid
lo_lseek int4,int4,int4 int4
lo_lseek64 int4,int8,int4 int8
lo_open oid,int4 int4
lo_put oid,int8,bytea void
lo_tell int4 int4
lo_tell64 int4 int8
lo_truncate int4,int4 int4
lo_truncate64 int4,int8 int4
lo_unlink oid int4
log float8 float8
log numeric numeric
log numeric,numeric numeric
log10 float8 float8
log10 numeric numeric
loread int4,int4 bytea
lower anymultirange anyelement
lower anyrange anyelement
lower text text
lower_inc anymultirange bool
lower_inc anyrange bool
lower_inf anymultirange bool
lower_inf anyrange bool
lowrite int4,bytea int4
lpad text,int4 text
lpad text,int4,text text
lseg box lseg
lseg point,point lseg
ltrim bytea,bytea bytea
ltrim text text
ltrim text,text text
macaddr macaddr8 macaddr
macaddr8 macaddr macaddr8
macaddr8_set7bit macaddr8 macaddr8
make_date int4,int4,int4 date
make_interval int4,int4,int4,int4,int4,int4,float8 interval defaults 7
make_time int4,int4,float8 time
make_timestamp int4,int4,int4,int4,int4,float8 timestamp
make_timestamptz int4,int4,int4,int4,int4,float8 timestamptz
make_timestamptz int4,int4,int4,int4,int4,float8,text timestamptz
makeaclitem oid,oid,text,bool aclitem
masklen inet int4
max anyarray anyarray
max anyenum anyenum
max bpchar bpchar
max bytea bytea
max date date
max float4 float4
max float8 float8
max inet inet
max int2 int2
max int4 int4
max int8 int8
max interval interval
max money money
max numeric numeric
max oid oid
max pg_lsn pg_lsn
max record record
max text text
max tid tid
max time time
max timestamp timestamp
max timestamptz timestamptz
max timetz timetz
max xid8 xid8
md5 bytea text
md5 text text
min anyarray anyarray
min anyenum anyenum
min bpchar bpchar
min bytea bytea
min date date
min float4 float4
min float8 float8
min inet inet
min int2 int2
min int4 int4
min int8 int8
min interval interval
min money money
min numeric numeric
min oid oid
min pg_lsn pg_lsn
min record record
min text text
min tid tid
min time time
min timestamp timestamp
min timestamptz timestamptz
min timetz timetz
min xid8 xid8
min_scale numeric int4
mod int2,int2 int2
mod int4,int4 int4
mod int8,int8 int8
mod numeric,numeric numeric
mode anyelement anyelement
money int4 money
money int8 money
money numeric money
multirange anyrange anymultirange
multirange_intersect_agg_transfn anymultirange,anymultirange anymultirange
mxid_age xid int4
name bpchar name
name text name
name varchar name
nameconcatoid name,oid name
netmask inet inet
network inet cidr
nextval regclass int8
normalize text,text text defaults 1
notlike bytea,bytea bool
notlike name,text bool
notlike text,text bool
now  timestamptz
npoints path int4
npoints polygon int4
nth_value anyelement,int4 anyelement
ntile int4 int4
num_nonnulls any int4 variadic
num_nulls any int4 variadic
numeric float4 numeric
numeric float8 numeric
numeric int2 numeric
numeric int4 numeric
numeric int8 numeric
numeric jsonb numeric
numeric money numeric
numeric numeric,int4 numeric
numeric_div_trunc numeric,numeric numeric
numeric_exp numeric numeric
numeric_inc numeric numeric
numeric_ln numeric numeric
numeric_log numeric,numeric numeric
numeric_sqrt numeric numeric
nummultirange  nummultirange
nummultirange numrange nummultirange
nummultirange numrange[] nummultirange variadic
numnode tsquery int4
numrange numeric,numeric numrange
numrange numeric,numeric,text numrange
numrange_subdiff numeric,numeric float8
obj_description oid text
obj_description oid,name text
octet_length bit int4
octet_length bpchar int4
octet_length bytea int4
octet_length text int4
oid int8 oid
oidvectortypes oidvector text
overlaps time,interval,time,interval bool
overlaps time,interval,time,time bool
overlaps time,time,time,interval bool
overlaps time,time,time,time bool
overlaps timestamp,interval,timestamp,interval bool
overlaps timestamp,interval,timestamp,timestamp bool
overlaps timestamp,timestamp,timestamp,interval bool
overlaps timestamp,timestamp,timestamp,timestamp bool
overlaps timestamptz,interval,timestamptz,interval bool
overlaps timestamptz,interval,timestamptz,timestamptz bool
overlaps timestamptz,timestamptz,timestamptz,interval bool
overlaps timestamptz,timestamptz,timestamptz,timestamptz bool
overlaps timetz,timetz,timetz,timetz bool
overlay bit,bit,int4 bit
overlay bit,bit,int4,int4 bit
overlay bytea,bytea,int4 bytea
overlay bytea,bytea,int4,int4 bytea
overlay text,text,int4 text
overlay text,text,int4,int4 text
parse_ident text,bool text[] defaults 1
path polygon path
pclose path path
percent_rank  float8
percent_rank any float8 variadic
percentile_cont float8,float8 float8
percentile_cont float8,interval interval
percentile_cont float8[],float8 float8[]
percentile_cont float8[],interval interval[]
percentile_disc float8,anyelement anyelement
percentile_disc float8[],anyelement anyarray
pg_available_extension_versions  setof record
pg_available_extensions  setof record
pg_available_wal_summaries  setof record
pg_basetype regtype regtype
pg_blocking_pids int4 int4[]
pg_char_to_encoding name int4
pg_client_encoding  name
pg_collation_actual_version oid text
pg_collation_for any text
pg_collation_is_visible oid bool
pg_column_compression any text
pg_column_is_updatable regclass,int2,bool bool
pg_column_size any int4
pg_column_toast_chunk_id any oid
pg_conf_load_time  timestamptz
pg_config  setof record
pg_control_checkpoint  record
pg_control_init  record
pg_control_recovery  record
pg_control_system  record
pg_conversion_is_visible oid bool
pg_copy_logical_replication_slot name,name record
pg_copy_logical_replication_slot name,name,bool record
pg_copy_logical_replication_slot name,name,bool,name record
pg_copy_physical_replication_slot name,name record
pg_copy_physical_replication_slot name,name,bool record
pg_current_logfile  text
pg_current_logfile text text
pg_current_snapshot  pg_snapshot
pg_current_wal_flush_lsn  pg_lsn
pg_current_wal_insert_lsn  pg_lsn
pg_current_wal_lsn  pg_lsn
pg_current_xact_id  xid8
pg_current_xact_id_if_assigned  xid8
pg_cursor  setof record
pg_database_collation_actual_version oid text
pg_database_size name int8
pg_database_size oid int8
pg_describe_object oid,oid,int4 text
pg_encoding_max_length int4 int4
pg_encoding_to_char int4 name
pg_extension_config_dump regclass,text void
pg_extension_update_paths name setof record
pg_filenode_relation oid,oid regclass
pg_function_is_visible oid bool
pg_get_acl oid,oid,int4 aclitem[]
pg_get_aios  setof record
pg_get_backend_memory_contexts  setof record
pg_get_catalog_foreign_keys  setof record
pg_get_constraintdef oid text
pg_get_constraintdef oid,bool text
pg_get_expr pg_node_tree,oid text
pg_get_expr pg_node_tree,oid,bool text
pg_get_function_arg_default oid,int4 text
pg_get_function_arguments oid text
pg_get_function_identity_arguments oid text
pg_get_function_result oid text
pg_get_function_sqlbody oid text
pg_get_functiondef oid text
pg_get_indexdef oid text
pg_get_indexdef oid,int4,bool text
pg_get_keywords  setof record
pg_get_loaded_modules  setof record
pg_get_multixact_members xid setof record
pg_get_object_address text,text[],text[] record
pg_get_partition_constraintdef oid text
pg_get_partkeydef oid text
pg_get_publication_tables text[] setof record variadic
pg_get_ruledef oid text
pg_get_ruledef oid,bool text
pg_get_sequence_data regclass record
pg_get_serial_sequence text,text text
pg_get_shmem_allocations  setof record
pg_get_shmem_allocations_numa  setof record
pg_get_statisticsobjdef oid text
pg_get_statisticsobjdef_columns oid text
pg_get_statisticsobjdef_expressions oid text[]
pg_get_triggerdef oid text
pg_get_triggerdef oid,bool text
pg_get_userbyid oid name
pg_get_viewdef oid text
pg_get_viewdef oid,bool text
pg_get_viewdef oid,int4 text
pg_get_viewdef text text
pg_get_viewdef text,bool text
pg_get_wait_events  setof record
pg_has_role name,name,text bool
pg_has_role name,oid,text bool
pg_has_role name,text bool
pg_has_role oid,name,text bool
pg_has_role oid,oid,text bool
pg_has_role oid,text bool
pg_index_column_has_property regclass,int4,text bool
pg_index_has_property regclass,text bool
pg_indexam_has_property oid,text bool
pg_indexam_progress_phasename oid,int8 text
pg_indexes_size regclass int8
pg_input_error_info text,text record
pg_input_is_valid text,text bool
pg_is_in_recovery  bool
pg_is_other_temp_schema oid bool
pg_is_wal_replay_paused  bool
pg_isolation_test_session_is_blocked int4,int4[] bool
pg_jit_available  bool
pg_listening_channels  setof text
pg_log_backend_memory_contexts int4 bool
pg_log_standby_snapshot  pg_lsn
pg_mcv_list_items pg_mcv_list setof record
pg_my_temp_schema  oid
pg_notification_queue_usage  float8
pg_notify text,text void
pg_numa_available  bool
pg_opclass_is_visible oid bool
pg_operator_is_visible oid bool
pg_opfamily_is_visible oid bool
pg_options_to_table text[] setof record
pg_postmaster_start_time  timestamptz
pg_prepared_statement  setof record
pg_prepared_xact  setof record
pg_relation_filenode regclass oid
pg_relation_filepath regclass text
pg_relation_is_publishable regclass bool
pg_relation_is_updatable regclass,bool int4
pg_relation_size regclass int8
pg_relation_size regclass,text int8
pg_sequence_last_value regclass int8
pg_sequence_parameters oid record
pg_settings_get_flags text text[]
pg_size_bytes text int8
pg_size_pretty int8 text
pg_size_pretty numeric text
pg_sleep float8 void
pg_sleep_for interval void
pg_sleep_until timestamptz void
pg_split_walfile_name text record
pg_stop_making_pinned_objects  void
pg_sync_replication_slots  void
pg_table_is_visible oid bool
pg_table_size regclass int8
pg_tablespace_databases oid setof oid
pg_tablespace_location oid text
pg_tablespace_size name int8
pg_tablespace_size oid int8
pg_timezone_abbrevs_abbrevs  setof record
pg_timezone_abbrevs_zone  setof record
pg_timezone_names  setof record
pg_total_relation_size regclass int8
pg_trigger_depth  int4
pg_ts_config_is_visible oid bool
pg_ts_dict_is_visible oid bool
pg_ts_parser_is_visible oid bool
pg_ts_template_is_visible oid bool
pg_type_is_visible oid bool
pg_typeof any regtype
phraseto_tsquery regconfig,text tsquery
phraseto_tsquery text tsquery
pi  float8
plainto_tsquery regconfig,text tsquery
plainto_tsquery text tsquery
plpgsql_validator oid void
point box point
point circle point
point float8,float8 point
point lseg point
point polygon point
polygon box polygon
polygon circle polygon
polygon int4,circle polygon
polygon path polygon
popen path path
position bit,bit int4
position bytea,bytea int4
position text,text int4
postgresql_fdw_validator text[],oid bool
pow float8,float8 float8
pow numeric,numeric numeric
power float8,float8 float8
power numeric,numeric numeric
query_to_xml text,bool,bool,text xml
query_to_xml_and_xmlschema text,bool,bool,text xml
query_to_xmlschema text,bool,bool,text xml
querytree tsquery text
quote_ident text text
quote_literal anyelement text
quote_literal text text
quote_nullable anyelement text
quote_nullable text text
radians float8 float8
radius circle float8
random  float8
random int4,int4 int4
random int8,int8 int8
random numeric,numeric numeric
random_normal float8,float8 float8 defaults 2
range_agg anymultirange anymultirange
range_agg anyrange anymultirange
range_intersect_agg anymultirange anymultirange
range_intersect_agg anyrange anyrange
range_intersect_agg_transfn anyrange,anyrange anyrange
range_merge anymultirange anyrange
range_merge anyrange,anyrange anyrange
rank  int8
rank any int8 variadic
regclass text regclass
regexp_count text,text int4
regexp_count text,text,int4 int4
regexp_count text,text,int4,text int4
regexp_instr text,text int4
regexp_instr text,text,int4 int4
regexp_instr text,text,int4,int4 int4
regexp_instr text,text,int4,int4,int4 int4
regexp_instr text,text,int4,int4,int4,text int4
regexp_instr text,text,int4,int4,int4,text,int4 int4
regexp_like text,text bool
regexp_like text,text,text bool
regexp_match text,text text[]
regexp_match text,text,text text[]
regexp_matches text,text setof text[]
regexp_matches text,text,text setof text[]
regexp_replace text,text,text text
regexp_replace text,text,text,int4 text
regexp_replace text,text,text,int4,int4 text
regexp_replace text,text,text,int4,int4,text text
regexp_replace text,text,text,text text
regexp_split_to_array text,text text[]
regexp_split_to_array text,text,text text[]
regexp_split_to_table text,text setof text
regexp_split_to_table text,text,text setof text
regexp_substr text,text text
regexp_substr text,text,int4 text
regexp_substr text,text,int4,int4 text
regexp_substr text,text,int4,int4,text text
regexp_substr text,text,int4,int4,text,int4 text
regr_avgx float8,float8 float8
regr_avgy float8,float8 float8
regr_count float8,float8 int8
regr_intercept float8,float8 float8
regr_r2 float8,float8 float8
regr_slope float8,float8 float8
regr_sxx float8,float8 float8
regr_sxy float8,float8 float8
regr_syy float8,float8 float8
repeat text,int4 text
replace text,text,text text
reverse bytea bytea
reverse text text
right text,int4 text
round float8 float8
round numeric numeric
round numeric,int4 numeric
row_number  int8
row_security_active oid bool
row_security_active text bool
row_to_json record json
row_to_json record,bool json
rpad text,int4 text
rpad text,int4,text text
rtrim bytea,bytea bytea
rtrim text text
rtrim text,text text
scale numeric int4
schema_to_xml name,bool,bool,text xml
schema_to_xml_and_xmlschema name,bool,bool,text xml
schema_to_xmlschema name,bool,bool,text xml
session_user  name
set_bit bit,int4,int4 bit
set_bit bytea,int8,int4 bytea
set_byte bytea,int4,int4 bytea
set_config text,text,bool text
set_masklen cidr,int4 cidr
set_masklen inet,int4 inet
setseed float8 void
setval regclass,int8 int8
setval regclass,int8,bool int8
setweight tsvector,char tsvector
setweight tsvector,char,text[] tsvector
sha224 bytea bytea
sha256 bytea bytea
sha384 bytea bytea
sha512 bytea bytea
shobj_description oid,name text
sign float8 float8
sign numeric numeric
similar_escape text,text text
similar_to_escape text text
similar_to_escape text,text text
sin float8 float8
sind float8 float8
sinh float8 float8
slope point,point float8
split_part text,text,int4 text
sqrt float8 float8
sqrt numeric numeric
starts_with text,text bool
statement_timestamp  timestamptz
stddev float4 float8
stddev float8 float8
stddev int2 numeric
stddev int4 numeric
stddev int8 numeric
stddev numeric numeric
stddev_pop float4 float8
stddev_pop float8 float8
stddev_pop int2 numeric
stddev_pop int4 numeric
stddev_pop int8 numeric
stddev_pop numeric numeric
stddev_samp float4 float8
stddev_samp float8 float8
stddev_samp int2 numeric
stddev_samp int4 numeric
stddev_samp int8 numeric
stddev_samp numeric numeric
string_agg bytea,bytea bytea
string_agg text,text text
string_to_array text,text text[]
string_to_array text,text,text text[]
string_to_table text,text setof text
string_to_table text,text,text setof text
strip tsvector tsvector
strpos text,text int4
substr bytea,int4 bytea
substr bytea,int4,int4 bytea
substr text,int4 text
substr text,int4,int4 text
substring bit,int4 bit
substring bit,int4,int4 bit
substring bytea,int4 bytea
substring bytea,int4,int4 bytea
substring text,int4 text
substring text,int4,int4 text
substring text,text text
substring text,text,text text
sum float4 float4
sum float8 float8
sum int2 int8
sum int4 int8
sum int8 numeric
sum interval interval
sum money money
sum numeric numeric
system_user  text
table_to_xml regclass,bool,bool,text xml
table_to_xml_and_xmlschema regclass,bool,bool,text xml
table_to_xmlschema regclass,bool,bool,text xml
tan float8 float8
tand float8 float8
tanh float8 float8
text bool text
text bpchar text
text char text
text inet text
text name text
text xml text
textlen text int4
time interval time
time time,int4 time
time timestamp time
time timestamptz time
time timetz time
timeofday  text
timestamp date timestamp
timestamp date,time timestamp
timestamp timestamp,int4 timestamp
timestamp timestamptz timestamp
timestamptz date timestamptz
timestamptz date,time timestamptz
timestamptz date,timetz timestamptz
timestamptz timestamp timestamptz
timestamptz timestamptz,int4 timestamptz
timetz time timetz
timetz timestamptz timetz
timetz timetz,int4 timetz
timezone interval,timestamp timestamptz
timezone interval,timestamptz timestamp
timezone interval,timetz timetz
timezone text,timestamp timestamptz
timezone text,timestamptz timestamp
timezone text,timetz timetz
timezone timestamp timestamptz
timezone timestamptz timestamp
timezone timetz timetz
to_ascii text text
to_ascii text,int4 text
to_ascii text,name text
to_bin int4 text
to_bin int8 text
to_char float4,text text
to_char float8,text text
to_char int4,text text
to_char int8,text text
to_char interval,text text
to_char numeric,text text
to_char timestamp,text text
to_char timestamptz,text text
to_date text,text date
to_hex int4 text
to_hex int8 text
to_json anyelement json
to_jsonb anyelement jsonb
to_number text,text numeric
to_oct int4 text
to_oct int8 text
to_regclass text regclass
to_regcollation text regcollation
to_regnamespace text regnamespace
to_regoper text regoper
to_regoperator text regoperator
to_regproc text regproc
to_regprocedure text regprocedure
to_regrole text regrole
to_regtype text regtype
to_regtypemod text int4
to_timestamp float8 timestamptz
to_timestamp text,text timestamptz
to_tsquery regconfig,text tsquery
to_tsquery text tsquery
to_tsvector json tsvector
to_tsvector jsonb tsvector
to_tsvector regconfig,json tsvector
to_tsvector regconfig,jsonb tsvector
to_tsvector regconfig,text tsvector
to_tsvector text tsvector
transaction_timestamp  timestamptz
translate text,text,text text
trim_array anyarray,int4 anyarray
trim_scale numeric numeric
trunc float8 float8
trunc macaddr macaddr
trunc macaddr8 macaddr8
trunc numeric numeric
trunc numeric,int4 numeric
ts_debug regconfig,text setof record
ts_debug text setof record
ts_delete tsvector,text tsvector
ts_delete tsvector,text[] tsvector
ts_filter tsvector,char[] tsvector
ts_headline json,tsquery json
ts_headline json,tsquery,text json
ts_headline jsonb,tsquery jsonb
ts_headline jsonb,tsquery,text jsonb
ts_headline regconfig,json,tsquery json
ts_headline regconfig,json,tsquery,text json
ts_headline regconfig,jsonb,tsquery jsonb
ts_headline regconfig,jsonb,tsquery,text jsonb
ts_headline regconfig,text,tsquery text
ts_headline regconfig,text,tsquery,text text
ts_headline text,tsquery text
ts_headline text,tsquery,text text
ts_lexize regdictionary,text text[]
ts_parse oid,text setof record
ts_parse text,text setof record
ts_rank float4[],tsvector,tsquery float4
ts_rank float4[],tsvector,tsquery,int4 float4
ts_rank tsvector,tsquery float4
ts_rank tsvector,tsquery,int4 float4
ts_rank_cd float4[],tsvector,tsquery float4
ts_rank_cd float4[],tsvector,tsquery,int4 float4
ts_rank_cd tsvector,tsquery float4
ts_rank_cd tsvector,tsquery,int4 float4
ts_rewrite tsquery,text tsquery
ts_rewrite tsquery,tsquery,tsquery tsquery
ts_token_type oid setof record
ts_token_type text setof record
tsmultirange  tsmultirange
tsmultirange tsrange tsmultirange
tsmultirange tsrange[] tsmultirange variadic
tsquery_phrase tsquery,tsquery,int4 tsquery
tsrange timestamp,timestamp tsrange
tsrange timestamp,timestamp,text tsrange
tsrange_subdiff timestamp,timestamp float8
tstzmultirange  tstzmultirange
tstzmultirange tstzrange tstzmultirange
tstzmultirange tstzrange[] tstzmultirange variadic
tstzrange timestamptz,timestamptz tstzrange
tstzrange timestamptz,timestamptz,text tstzrange
tstzrange_subdiff timestamptz,timestamptz float8
tsvector_to_array tsvector text[]
txid_current  int8
txid_current_if_assigned  int8
txid_current_snapshot  txid_snapshot
txid_snapshot_xip txid_snapshot setof int8
txid_snapshot_xmax txid_snapshot int8
txid_snapshot_xmin txid_snapshot int8
txid_status int8 text
txid_visible_in_snapshot int8,txid_snapshot bool
unicode_assigned text bool
unicode_version  text
unistr text text
unnest anyarray setof anyelement
unnest anymultirange setof anyrange
unnest tsvector setof record
upper anymultirange anyelement
upper anyrange anyelement
upper text text
upper_inc anymultirange bool
upper_inc anyrange bool
upper_inf anymultirange bool
upper_inf anyrange bool
uuid_extract_timestamp uuid timestamptz
uuid_extract_version uuid int2
uuidv4  uuid
uuidv7  uuid
uuidv7 interval uuid
var_pop float4 float8
var_pop float8 float8
var_pop int2 numeric
var_pop int4 numeric
var_pop int8 numeric
var_pop numeric numeric
var_samp float4 float8
var_samp float8 float8
var_samp int2 numeric
var_samp int4 numeric
var_samp int8 numeric
var_samp numeric numeric
varbit varbit,int4,bool varbit
varchar name varchar
varchar varchar,int4,bool varchar
variance float4 float8
variance float8 float8
variance int2 numeric
variance int4 numeric
variance int8 numeric
variance numeric numeric
version  text
websearch_to_tsquery regconfig,text tsquery
websearch_to_tsquery text tsquery
width box float8
width_bucket anycompatible,anycompatiblearray int4
width_bucket float8,float8,float8,int4 int4
width_bucket numeric,numeric,numeric,int4 int4
xid xid8 xid
xml text xml
xml_is_well_formed text bool
xml_is_well_formed_content text bool
xml_is_well_formed_document text bool
xmlagg xml xml
xmlcomment text xml
xmlexists text,xml bool
xmltext text xml
xmlvalidate xml,text bool
xpath text,xml xml[]
xpath text,xml,text[] xml[]
xpath_exists text,xml bool
xpath_exists text,xml,text[] bool
`
/** `method opclass` of the operator classes that are the default for a type. */
export const defaultOpclassData = `
brin bit_minmax_ops
brin box_inclusion_ops
brin bpchar_minmax_ops
brin bytea_minmax_ops
brin char_minmax_ops
brin date_minmax_ops
brin float4_minmax_ops
brin float8_minmax_ops
brin inet_inclusion_ops
brin int2_minmax_ops
brin int4_minmax_ops
brin int8_minmax_ops
brin interval_minmax_ops
brin macaddr8_minmax_ops
brin macaddr_minmax_ops
brin name_minmax_ops
brin numeric_minmax_ops
brin oid_minmax_ops
brin pg_lsn_minmax_ops
brin range_inclusion_ops
brin text_minmax_ops
brin tid_minmax_ops
brin time_minmax_ops
brin timestamp_minmax_ops
brin timestamptz_minmax_ops
brin timetz_minmax_ops
brin uuid_minmax_ops
brin varbit_minmax_ops
btree array_ops
btree bit_ops
btree bool_ops
btree bpchar_ops
btree bytea_ops
btree char_ops
btree date_ops
btree enum_ops
btree float4_ops
btree float8_ops
btree inet_ops
btree int2_ops
btree int4_ops
btree int8_ops
btree interval_ops
btree jsonb_ops
btree macaddr8_ops
btree macaddr_ops
btree money_ops
btree multirange_ops
btree name_ops
btree numeric_ops
btree oid_ops
btree oidvector_ops
btree pg_lsn_ops
btree range_ops
btree record_ops
btree text_ops
btree tid_ops
btree time_ops
btree timestamp_ops
btree timestamptz_ops
btree timetz_ops
btree tsquery_ops
btree tsvector_ops
btree uuid_ops
btree varbit_ops
btree xid8_ops
gin array_ops
gin jsonb_ops
gin tsvector_ops
gist box_ops
gist circle_ops
gist multirange_ops
gist point_ops
gist poly_ops
gist range_ops
gist tsquery_ops
gist tsvector_ops
hash aclitem_ops
hash array_ops
hash bool_ops
hash bpchar_ops
hash bytea_ops
hash char_ops
hash cid_ops
hash date_ops
hash enum_ops
hash float4_ops
hash float8_ops
hash inet_ops
hash int2_ops
hash int4_ops
hash int8_ops
hash interval_ops
hash jsonb_ops
hash macaddr8_ops
hash macaddr_ops
hash multirange_ops
hash name_ops
hash numeric_ops
hash oid_ops
hash oidvector_ops
hash pg_lsn_ops
hash range_ops
hash record_ops
hash text_ops
hash tid_ops
hash time_ops
hash timestamp_ops
hash timestamptz_ops
hash timetz_ops
hash uuid_ops
hash xid8_ops
hash xid_ops
spgist box_ops
spgist inet_ops
spgist poly_ops
spgist quad_point_ops
spgist range_ops
spgist text_ops
`
