//! The catalog queries, one after the other.

use sqlx::{AssertSqlSafe, FromRow, PgConnection, postgres::PgRow};

use super::{
    Catalog, CatalogError, Depth, Function, NamedFunction, Rollcall, Standing,
    rows::{
        ColumnRow, ForeignKeyRow, FunctionRow, MadeRow, NamedFunctionRow, RelationRow, SchemaRow,
        StandingRow, TriggerRow, UniqueRow, qualified,
    },
};
use crate::{
    names::{Name, NameError},
    objects,
};

/// What Rollcall made, and whether the catalog still says of it what it said right afterwards.
const INSTALLED: &str = concat!(
    "select i.object, i.state is not distinct from s.now as intact, s.now is not null as is_there
    from (
        select
            r.object,
            r.state,
            pg_catalog.split_part(r.object, ' ', 1) as kind,
            pg_catalog.substr(r.object, pg_catalog.strpos(r.object, ' ') + 1) as name
        from rollcall.installed r
    ) i
    cross join lateral (select (",
    include_str!("../../sql/state_of.sql"),
    ") as now) s
    order by i.object"
);

/// Reads everything over a connection whose search path is empty.
pub(super) async fn read(
    connection: &mut PgConnection,
    depth: Depth,
) -> Result<Catalog, CatalogError> {
    let mut catalog = Catalog::default();
    relations(&mut *connection, depth, &mut catalog).await?;
    let triggers = include_str!("../../sql/catalog/auth_triggers.sql");
    for row in fetch::<TriggerRow>(
        &mut *connection,
        "reading the triggers on auth.users",
        triggers,
    )
    .await?
    {
        catalog.triggers.push(row.try_into().map_err(unnameable)?);
    }
    let functions = include_str!("../../sql/catalog/functions.sql");
    for row in fetch::<FunctionRow>(&mut *connection, "reading the functions", functions).await? {
        let name = qualified(&row.schema, &row.name).map_err(unnameable)?;
        let FunctionRow {
            takes_nothing,
            is_trigger,
            is_owned,
            is_rollcalls,
            ..
        } = row;
        catalog.functions.insert(
            name,
            Function {
                takes_nothing,
                is_trigger,
                is_owned,
                is_rollcalls,
            },
        );
    }
    standing(&mut *connection, &mut catalog).await?;
    named_functions(&mut *connection, &mut catalog).await?;
    catalog.rollcall = rollcall(&mut *connection, depth).await?;
    Ok(catalog)
}

async fn relations(
    connection: &mut PgConnection,
    depth: Depth,
    catalog: &mut Catalog,
) -> Result<(), CatalogError> {
    let sql = include_str!("../../sql/catalog/relations.sql");
    for row in fetch::<RelationRow>(&mut *connection, "reading the tables", sql).await? {
        let name = qualified(&row.schema, &row.name).map_err(unnameable)?;
        catalog.relations.insert(name, row.into());
    }
    let doing = "reading the columns";
    let rows = sqlx::query_as::<_, ColumnRow>(include_str!("../../sql/catalog/columns.sql"))
        .bind(depth.defaults)
        .persistent(false)
        .fetch_all(&mut *connection)
        .await
        .map_err(|source| CatalogError { doing, source })?;
    for row in rows {
        let relation = qualified(&row.schema, &row.relation).map_err(unnameable)?;
        if let Some(relation) = catalog.relations.get_mut(&relation) {
            relation.columns.push(row.try_into().map_err(unnameable)?);
        }
    }
    let sql = include_str!("../../sql/catalog/unique_columns.sql");
    for row in fetch::<UniqueRow>(&mut *connection, "reading the unique indexes", sql).await? {
        let relation = qualified(&row.schema, &row.relation).map_err(unnameable)?;
        if let Some(relation) = catalog.relations.get_mut(&relation) {
            relation
                .unique
                .insert(Name::new(row.name).map_err(unnameable)?);
        }
    }
    let sql = include_str!("../../sql/catalog/foreign_keys.sql");
    for row in fetch::<ForeignKeyRow>(&mut *connection, "reading the foreign keys", sql).await? {
        let relation = qualified(&row.schema, &row.relation).map_err(unnameable)?;
        if let Some(relation) = catalog.relations.get_mut(&relation) {
            relation
                .foreign_keys
                .push(row.try_into().map_err(unnameable)?);
        }
    }
    Ok(())
}

async fn standing(
    connection: &mut PgConnection,
    catalog: &mut Catalog,
) -> Result<(), CatalogError> {
    let doing = "reading the names in public";
    let rows = sqlx::query_as::<_, StandingRow>(include_str!("../../sql/catalog/standing.sql"))
        .bind(objects::PUBLIC_TABLES)
        .persistent(false)
        .fetch_all(connection)
        .await
        .map_err(|source| CatalogError { doing, source })?;
    for row in rows {
        let kind = match row.kind.as_str() {
            "r" | "p" => "table",
            "v" | "m" => "view",
            "f" => "foreign table",
            "S" => "sequence",
            "i" | "I" => "index",
            _ => "type",
        };
        let name = Name::new(row.name).map_err(unnameable)?;
        catalog.standing.insert(
            name,
            Standing {
                kind,
                comment: row.comment,
            },
        );
    }
    Ok(())
}

async fn named_functions(
    connection: &mut PgConnection,
    catalog: &mut Catalog,
) -> Result<(), CatalogError> {
    let doing = "reading the functions in public";
    let names = objects::PUBLIC_FUNCTIONS.map(|(name, _)| name);
    let sql = include_str!("../../sql/catalog/named_functions.sql");
    let rows = sqlx::query_as::<_, NamedFunctionRow>(sql)
        .bind(names.as_slice())
        .persistent(false)
        .fetch_all(connection)
        .await
        .map_err(|source| CatalogError { doing, source })?;
    for row in rows {
        catalog.named_functions.push(NamedFunction {
            name: Name::new(row.name).map_err(unnameable)?,
            signature: row.signature,
            needs_nothing: row.needs_nothing,
            is_rollcalls: row.is_rollcalls,
        });
    }
    Ok(())
}

async fn rollcall(connection: &mut PgConnection, depth: Depth) -> Result<Rollcall, CatalogError> {
    let doing = "reading the schema rollcall";
    let sql = include_str!("../../sql/catalog/schema.sql");
    let Some(schema) = fetch::<SchemaRow>(&mut *connection, doing, sql)
        .await?
        .pop()
    else {
        return Ok(Rollcall::default());
    };
    let mut rollcall = Rollcall {
        is_foreign: !schema.comment.starts_with(objects::MARK),
        is_installed: schema.has_list,
        is_hidden: schema.has_list && !(schema.is_readable && depth.made),
        ..Rollcall::default()
    };
    if schema.is_readable && depth.made && !rollcall.is_foreign {
        let rows = fetch::<MadeRow>(connection, "reading what Rollcall made", INSTALLED).await?;
        for row in rows {
            if !row.is_there {
                rollcall.missing.insert(row.object.clone());
            }
            rollcall.made.insert(row.object, row.intact);
        }
    }
    Ok(rollcall)
}

async fn fetch<T>(
    connection: &mut PgConnection,
    doing: &'static str,
    sql: &'static str,
) -> Result<Vec<T>, CatalogError>
where
    T: for<'r> FromRow<'r, PgRow> + Send + Unpin,
{
    sqlx::query_as::<_, T>(AssertSqlSafe(sql))
        .persistent(false)
        .fetch_all(connection)
        .await
        .map_err(|source| CatalogError { doing, source })
}

/// A server built with longer names than PostgreSQL's 63 bytes can have one that is none here.
fn unnameable(error: NameError) -> CatalogError {
    CatalogError {
        doing: "reading a name in the catalog",
        source: sqlx::Error::Decode(Box::new(error)),
    }
}
