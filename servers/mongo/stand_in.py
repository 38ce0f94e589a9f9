"""
A stand-in for a server of MongoDB or Amazon DocumentDB: SecantusDB, which has logins, users and roles, with what it lacks of users: custom data,
mechanisms and authentication restrictions that change, and rights over one's own password only.
"""

import argparse
import signal
import threading

from secantus import auth, commands
from secantus.auth import derive_credentials
from secantus.server import SecantusDBServer

MECHANISMS = ["SCRAM-SHA-1", "SCRAM-SHA-256"]
EXTRA = ["customData", "authenticationRestrictions"]
# The fewest that drivers accept.
ITERATIONS = 4096


def error(code, name):
    return {"ok": 0.0, "errmsg": name, "code": code, "codeName": name}


def record_of(user, password, roles, db="admin", mechanisms=MECHANISMS, **extra):
    credentials = {}
    for mechanism in mechanisms:
        credentials.update(derive_credentials(password, mechanism=mechanism, username=user).to_doc())
    return {"_id": f"{db}.{user}", "user": user, "db": db, "credentials": credentials, "roles": roles, "mechanisms": mechanisms, **extra}


def manages_users(ctx, db):
    roles = ctx.connection_auth.effective_roles
    return commands.check_privilege(roles, "createUser", target_db=db, role_resolver=ctx.storage.get_role)


def change(original, kind, is_documentdb):
    """createUser or updateUser, as the manual of MongoDB describes them."""

    def run(doc, ctx):
        name, db = doc[kind], ctx.db_name
        known = {kind, "pwd", "roles", "mechanisms", *([] if is_documentdb else EXTRA)}
        if any(not key.startswith("$") and key not in {*known, "lsid", "writeConcern", "comment", "maxTimeMS"} for key in doc):
            return error(9, "FailedToParse")
        if kind == "updateUser" and not manages_users(ctx, db):
            if (db, name) not in ctx.connection_auth.authenticated_principals or set(doc) & {"roles", *EXTRA}:
                return error(13, "Unauthorized")
        # Roles of any database may be taken away.
        if kind == "updateUser" and "roles" in doc and not manages_users(ctx, "any-other-database"):
            return error(13, "Unauthorized")
        if kind == "createUser" and "mechanisms" not in doc:
            doc = {**doc, "mechanisms": ["SCRAM-SHA-1"] if is_documentdb else MECHANISMS}
        known_user = ctx.storage.get_user(db, name)
        if kind == "updateUser" and known_user and not set(doc) & {"pwd", "roles"}:
            doc = {**doc, "roles": known_user["roles"]}
        reply = original(doc, ctx)
        if not reply.get("ok"):
            return reply
        record = dict(ctx.storage.get_user(db, name))
        # A new password of MongoDB has all mechanisms, if the command names none.
        if kind == "updateUser" and "pwd" in doc and ("mechanisms" in doc or not is_documentdb):
            roles = record["roles"]
            kept = {key: record[key] for key in EXTRA if key in record}
            record = record_of(name, doc["pwd"], roles, db, list(doc.get("mechanisms", MECHANISMS)), **kept)
        for key in EXTRA:
            if key in doc:
                record[key] = doc[key]
            if key in record and not record[key]:
                del record[key]
        ctx.storage.add_user(db, name, record, replace=True)
        return reply

    return run


def users_info(original):
    def run(doc, ctx):
        reply = original(doc, ctx)
        for user in reply.get("users", []):
            if not doc.get("showAuthenticationRestrictions"):
                user.pop("authenticationRestrictions", None)
            elif "authenticationRestrictions" not in user:
                user["authenticationRestrictions"] = []
        return reply

    return run


def hello(original, primary, names_mechanisms):
    def run(doc, ctx):
        # SecantusDB begins a login ahead with a mechanism that the user may not have.
        reply = original({key: value for key, value in doc.items() if key != "speculativeAuthenticate"}, ctx)
        if not names_mechanisms:
            reply.pop("saslSupportedMechs", None)
        if primary is not None:
            reply.update({"isWritablePrimary": False, "ismaster": False, "secondary": True, "primary": primary})
            if primary == "":
                del reply["primary"]
        return reply

    return run


def main():
    parser = argparse.ArgumentParser()
    for name in ("--port", "--storage", "--certificate", "--key", "--root", "--password", "--primary"):
        parser.add_argument(name)
    parser.add_argument("--document-db", action="store_true")
    args = parser.parse_args()
    for parameters in auth._MECH_PARAMS.values():
        parameters["default_iterations"] = ITERATIONS
    handlers = commands._HANDLERS
    for kind in ("createUser", "updateUser"):
        handlers[kind] = change(handlers[kind], kind, args.document_db)
    handlers["usersInfo"] = users_info(handlers["usersInfo"])
    for name in ("hello", "isMaster", "ismaster"):
        handlers[name] = hello(handlers[name], args.primary, not args.document_db)
    server = SecantusDBServer(
        port=int(args.port), storage_path=args.storage, require_auth=True, cache_size="64M",
        tls_cert_file=args.certificate, tls_key_file=args.key,
    )
    root = [{"role": "root", "db": "admin"}]
    server.storage.add_user("admin", args.root, record_of(args.root, args.password, root), replace=True)
    server.start()
    print("The server is ready", flush=True)
    end = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: end.set())
    end.wait()


main()
