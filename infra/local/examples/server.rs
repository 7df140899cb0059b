//! Starts a server, says where, and waits to be ended: for the test that ends it with kill -9.
#![expect(clippy::print_stdout, reason = "the test reads what is printed")]

use rollcall_local::postgres::{Error, Installation, Options, Server};

fn main() -> Result<(), Error> {
    let installation = Installation::find(None, &mut |_| {})?;
    let server = Server::start(&installation, &Options::default())?;
    println!("{}", server.socket_dir().display());
    loop {
        std::thread::park();
    }
}
