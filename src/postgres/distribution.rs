//! How the tables are spread over the nodes of a Citus cluster, where the database is the coordinator of one.
//!
//! What is distributed is decided by `deploy/citus/distribute.sql`, and seen in Citus' own tables. Those are not there in
//! every database, so each question begins with whether they are.

use sqlx::PgConnection;

const DISTRIBUTE: &str = include_str!("../../deploy/citus/distribute.sql");

/// Where the tables are. Of a database without Citus, all of them are on one node.
pub struct Distribution {
    /// The names of those by tenant, all shards of a tenant together.
    pub by_tenant: Vec<String>,
    /// With a copy on every node.
    pub copied: Vec<String>,
    /// Neither.
    pub on_one_node: Vec<String>,
    /// Of the tables by tenant.
    pub shards: i64,
    /// With shards, or to be given some.
    pub nodes: i64,
}

/// A setting or a list of them, as a node tells it.
pub struct Told {
    pub node: String,
    pub text: String,
}

/// Whether a statement for several tenants would go to every node.
pub async fn is_by_tenant(connection: &mut PgConnection) -> Result<bool, sqlx::Error> {
    if !has_citus(connection).await? {
        return Ok(false);
    }
    let look = "
        select exists (
            select from pg_catalog.pg_dist_partition
            where logicalrelid = to_regclass('customers') and partmethod = 'h'
        )";
    sqlx::query_scalar(look).fetch_one(connection).await
}

/// `None`: no Citus in this database.
pub async fn read(connection: &mut PgConnection) -> Result<Option<Distribution>, sqlx::Error> {
    if !has_citus(connection).await? {
        return Ok(None);
    }
    let look = "
        with placed as (
            select
                relname::text as name,
                case
                    when partition.partmethod = 'h' and partition.colocationid = of_customers.colocationid then 'by tenant'
                    when partition.repmodel = 't' then 'copied'
                    else 'on one node'
                end as place
            from pg_catalog.pg_class as relation
            left join pg_catalog.pg_dist_partition as partition on partition.logicalrelid = relation.oid
            left join pg_catalog.pg_dist_partition as of_customers
              on of_customers.logicalrelid = to_regclass('customers') and of_customers.partmethod = 'h'
            where relnamespace = (select oid from pg_catalog.pg_namespace where nspname = current_schema())
              and relkind in ('r', 'p')
              and relname <> '_sqlx_migrations'
        )
        select
            array(select name from placed where place = 'by tenant' order by name),
            array(select name from placed where place = 'copied' order by name),
            array(select name from placed where place = 'on one node' order by name),
            (select count(*) from pg_catalog.pg_dist_shard where logicalrelid = to_regclass('customers')),
            (select count(*) from pg_catalog.pg_dist_node where isactive and noderole = 'primary' and shouldhaveshards)";
    let (by_tenant, copied, on_one_node, shards, nodes) = sqlx::query_as(look).fetch_one(connection).await?;
    Ok(Some(Distribution { by_tenant, copied, on_one_node, shards, nodes }))
}

/// Whether the database is a worker's: there keys cannot be heard of, and commands cannot change tables.
pub async fn is_worker(connection: &mut PgConnection) -> Result<bool, sqlx::Error> {
    if !has_citus(connection).await? {
        return Ok(false);
    }
    sqlx::query_scalar("select groupid <> 0 from pg_catalog.pg_dist_local_group").fetch_one(connection).await
}

/// What `question`, a query for one text, comes to on each worker where it is not empty, in sessions as statements of this
/// role have them there. Without Citus there are none.
pub async fn ask_workers(connection: &mut PgConnection, question: &str) -> Result<Vec<Told>, sqlx::Error> {
    if !has_citus(connection).await? {
        return Ok(Vec::new());
    }
    let look = "
        select nodename || ':' || nodeport, success, coalesce(result, '')
        from run_command_on_workers($1)
        where not success or result <> ''
        order by 1";
    let answers: Vec<(String, bool, String)> =
        sqlx::query_as(look).bind(question).fetch_all(connection).await?;
    let told = answers.into_iter().map(|(node, success, text)| {
        if success { Ok(Told { node, text }) } else { Err(sqlx::Error::WorkerCrashed) }
    });
    told.collect()
}

/// Whether customers are distributed, and other tables, of later migrations, are not.
pub async fn is_unfinished(connection: &mut PgConnection) -> Result<bool, sqlx::Error> {
    Ok(is_by_tenant(&mut *connection).await?
        && read(connection).await?.is_some_and(|tables| !tables.on_one_node.is_empty()))
}

/// For a session that migrates: Citus would make tables of its own of those that point to one on every node, and refuse what a
/// migration does next with them.
pub async fn keep_new_tables_plain(connection: &mut PgConnection) -> Result<(), sqlx::Error> {
    let set = "set citus.enable_local_reference_table_foreign_keys = off";
    sqlx::query(set).execute(connection).await.map(drop)
}

/// Distributes every table that is not, by the script for operators. As the owner of the tables.
pub async fn finish(connection: &mut PgConnection) -> Result<(), sqlx::Error> {
    sqlx::raw_sql(DISTRIBUTE).execute(connection).await.map(drop)
}

async fn has_citus(connection: &mut PgConnection) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar("select to_regclass('pg_catalog.pg_dist_partition') is not null")
        .fetch_one(connection)
        .await
}
